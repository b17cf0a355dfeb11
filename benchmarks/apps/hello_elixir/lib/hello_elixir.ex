defmodule HelloElixir do
  @moduledoc "The smallest application of Elixir: says hello and stays."
  use Application

  @impl true
  def start(_type, _arguments) do
    IO.puts("hello")
    Supervisor.start_link([], strategy: :one_for_one)
  end
end
