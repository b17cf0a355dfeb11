defmodule Courier do
  @moduledoc """
  A courier's office: weighs parcels, hands them over by AMQP, and counts with its cluster.

      Courier.Ledger    owns the ETS table of counts, shares it with the other nodes
      Courier.Counter   raises this node's count
      Courier.Scales    talks to the port program priv/weigh
      Courier.Parcels   publishes to and consumes from RabbitMQ
      Courier.Web       HTTP
  """

  @version Mix.Project.config()[:version]

  @doc "The version this code was compiled as; after a hot upgrade it tells whether new code runs."
  @spec version() :: String.t()
  def version, do: @version
end
