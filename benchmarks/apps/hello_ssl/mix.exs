defmodule HelloSsl.MixProject do
  use Mix.Project

  def project do
    [app: :hello_ssl, version: "0.1.0", elixir: "~> 1.14", releases: [hello_ssl: [include_executables_for: [:unix]]]]
  end

  def application do
    [mod: {HelloSsl, []}, extra_applications: [:crypto, :ssl]]
  end
end
