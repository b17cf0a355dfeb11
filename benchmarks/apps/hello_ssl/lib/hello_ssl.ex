defmodule HelloSsl do
  @moduledoc "Says hello and stays, with crypto and ssl beside it."
  use Application

  @impl true
  def start(_type, _arguments) do
    IO.puts("hello")
    Supervisor.start_link([], strategy: :one_for_one)
  end
end
