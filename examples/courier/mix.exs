defmodule Mix.Tasks.Compile.Weigh do
  @moduledoc "Builds the port program into the application's own priv folder; the source stays clean."
  use Mix.Task.Compiler

  @impl true
  def run(_args) do
    env = [{"PRIV", Path.join(Mix.Project.app_path(), "priv")}]
    {_output, 0} = System.cmd("make", ["--silent", "-C", "c_src"], env: env, into: IO.stream())
    :ok
  end
end

defmodule Courier.MixProject do
  use Mix.Project

  def project do
    [
      app: :courier,
      version: "0.1.0",
      elixir: "~> 1.18",
      compilers: Mix.compilers() ++ [:weigh],
      # cowboy and amqp_client come from ERL_LIBS: mix would take them off the code path.
      prune_code_paths: false,
      releases: [courier: [include_executables_for: [:unix]]]
    ]
  end

  def application do
    [mod: {Courier.Application, []}, extra_applications: [:logger, :ranch, :cowboy, :amqp_client]]
  end
end
