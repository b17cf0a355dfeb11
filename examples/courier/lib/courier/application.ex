defmodule Courier.Application do
  @moduledoc """
  The supervision tree. Children stop in reverse order: first HTTP, which lets requests under way finish,
  last the ledger, which then hands all that was counted to the other nodes.
  """
  use Application

  @impl true
  def start(_type, _args) do
    children = [
      Courier.Ledger,
      Courier.Counter,
      Courier.Scales,
      Courier.Parcels,
      {Courier.Web, port: Application.fetch_env!(:courier, :http_port)}
    ]

    Supervisor.start_link(children, strategy: :one_for_one, max_restarts: 10, name: Courier.Supervisor)
  end
end
