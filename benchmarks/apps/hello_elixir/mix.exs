defmodule HelloElixir.MixProject do
  use Mix.Project

  def project do
    [app: :hello_elixir, version: "0.1.0", elixir: "~> 1.14", releases: [hello_elixir: [include_executables_for: [:unix]]]]
  end

  def application do
    [mod: {HelloElixir, []}, extra_applications: []]
  end
end
