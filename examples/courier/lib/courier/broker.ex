defmodule Courier.Broker do
  @moduledoc """
  What the courier asks of RabbitMQ, by RabbitMQ's own Erlang client.

  Nothing handed over is lost: durable exchange, quorum queue, persistent messages, publisher confirms, and
  the consumer acknowledges by hand.

  The password is looked up for each connection: a process that kept it would print it in its crash report.
  """
  require Record

  @framing "rabbit_common/include/rabbit_framing.hrl"
  @client "amqp_client/include/amqp_client.hrl"

  for {name, tag, file} <- [
        {:exchange_declare, :"exchange.declare", @framing},
        {:queue_declare, :"queue.declare", @framing},
        {:queue_bind, :"queue.bind", @framing},
        {:confirm_select, :"confirm.select", @framing},
        {:basic_qos, :"basic.qos", @framing},
        {:basic_consume, :"basic.consume", @framing},
        {:basic_publish, :"basic.publish", @framing},
        {:basic_deliver, :"basic.deliver", @framing},
        {:basic_cancel, :"basic.cancel", @framing},
        {:basic_ack, :"basic.ack", @framing},
        {:properties, :P_basic, @framing},
        {:message, :amqp_msg, @client},
        {:network, :amqp_params_network, @client}
      ] do
    Record.defrecord(name, tag, Record.extract(tag, from_lib: file))
  end

  @exchange "courier"
  @queue "courier.parcels"
  @persistent 2
  @timeout 5_000

  @spec configured?() :: boolean()
  def configured?, do: Application.get_env(:courier, :amqp) != nil

  @doc "Connects, declares, and subscribes `consumer`, which gets `basic_deliver` messages."
  @spec open(pid()) :: {:ok, pid(), pid()} | {:error, term()}
  def open(consumer) do
    amqp = Application.fetch_env!(:courier, :amqp)

    parameters =
      network(
        host: String.to_charlist(amqp[:host]),
        port: amqp[:port],
        username: amqp[:user],
        password: amqp[:password],
        connection_timeout: @timeout
      )

    with {:ok, connection} <- :amqp_connection.start(parameters, to_string(node())),
         do: subscribe(connection, consumer)
  end

  @doc "Publishes, and waits until RabbitMQ has the message safe."
  @spec publish(pid(), binary()) :: :ok | {:error, :unconfirmed}
  def publish(channel, payload) do
    message = message(props: properties(delivery_mode: @persistent), payload: payload)
    :ok = :amqp_channel.call(channel, basic_publish(exchange: @exchange), message)

    case :amqp_channel.wait_for_confirms(channel, {@timeout, :millisecond}) do
      true -> :ok
      _nack_or_timeout -> {:error, :unconfirmed}
    end
  end

  @spec ack(pid(), pos_integer()) :: :ok
  def ack(channel, tag), do: :amqp_channel.cast(channel, basic_ack(delivery_tag: tag))

  @spec close(pid()) :: term()
  def close(connection) do
    :amqp_connection.close(connection, @timeout)
  catch
    :exit, _already_gone -> :ok
  end

  # A refusal (no permission, no quorum) ends the channel, and the call that asked for it by an exit.
  defp subscribe(connection, consumer) do
    {:ok, channel} = :amqp_connection.open_channel(connection)
    Enum.each(topology(), &:amqp_channel.call(channel, &1))
    :amqp_channel.subscribe(channel, basic_consume(queue: @queue), consumer)
    {:ok, connection, channel}
  catch
    :exit, reason ->
      close(connection)
      {:error, reason}
  end

  defp topology do
    [
      exchange_declare(exchange: @exchange, durable: true),
      queue_declare(queue: @queue, durable: true, arguments: [{"x-queue-type", :longstr, "quorum"}]),
      queue_bind(queue: @queue, exchange: @exchange),
      confirm_select(),
      basic_qos(prefetch_count: 20)
    ]
  end
end
