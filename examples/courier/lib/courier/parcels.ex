defmodule Courier.Parcels do
  @moduledoc """
  Hands parcels to RabbitMQ and takes those that any node handed over.

  The courier lives without RabbitMQ: while it is away this process knocks again, ever more rarely.
  Without `AMQP_HOST` it never knocks at all.
  """
  use GenServer

  require Logger
  require Courier.Broker, as: Broker

  @first_delay 500
  @longest_delay 30_000

  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @doc "Publishes from the caller's process, so that waiting for RabbitMQ holds up nobody else."
  @spec publish(binary()) :: :ok | {:error, :not_connected | :unconfirmed}
  def publish(payload) do
    with {:ok, channel} <- GenServer.call(__MODULE__, :channel),
         :ok <- Broker.publish(channel, payload),
         do: GenServer.cast(__MODULE__, :published)
  end

  @spec stats() :: %{
          published: non_neg_integer(),
          consumed: non_neg_integer(),
          connected: boolean()
        }
  def stats, do: GenServer.call(__MODULE__, :stats)

  @impl true
  def init(nil) do
    Process.flag(:trap_exit, true)
    if Broker.configured?(), do: send(self(), :connect)

    {:ok, %{connection: nil, channel: nil, delay: @first_delay, published: 0, consumed: 0}}
  end

  @impl true
  def handle_call(:channel, _from, %{channel: nil} = state),
    do: {:reply, {:error, :not_connected}, state}

  def handle_call(:channel, _from, state), do: {:reply, {:ok, state.channel}, state}

  def handle_call(:stats, _from, state) do
    stats = Map.take(state, [:published, :consumed])
    {:reply, Map.put(stats, :connected, state.channel != nil), state}
  end

  @impl true
  def handle_cast(:published, state), do: {:noreply, %{state | published: state.published + 1}}

  @impl true
  def handle_info(:connect, state) do
    case Broker.open(self()) do
      {:ok, connection, channel} ->
        Logger.info("parcels: connected to RabbitMQ")
        Process.monitor(channel)

        {:noreply, %{state | connection: connection, channel: channel, delay: @first_delay}}

      {:error, reason} ->
        Logger.warning("parcels: no RabbitMQ (#{inspect(reason)}), again in #{state.delay} ms")
        {:noreply, reconnect(state)}
    end
  end

  def handle_info({Broker.basic_deliver(delivery_tag: tag), _message}, state) do
    Broker.ack(state.channel, tag)
    {:noreply, %{state | consumed: state.consumed + 1}}
  end

  # RabbitMQ took the queue away, as when its leader's host goes down: begin anew.
  def handle_info(Broker.basic_cancel(), state) do
    Broker.close(state.connection)
    {:noreply, state}
  end

  # The channel dies with its connection, so this one signal means either.
  def handle_info({:DOWN, _ref, :process, channel, reason}, %{channel: channel} = state) do
    Logger.warning("parcels: lost RabbitMQ (#{inspect(reason)})")
    Broker.close(state.connection)
    {:noreply, reconnect(%{state | connection: nil, channel: nil})}
  end

  def handle_info(_subscribed, state), do: {:noreply, state}

  @impl true
  def terminate(_reason, %{connection: nil}), do: :ok
  def terminate(_reason, state), do: Broker.close(state.connection)

  defp reconnect(state) do
    Process.send_after(self(), :connect, state.delay)
    %{state | delay: min(2 * state.delay, @longest_delay)}
  end
end
