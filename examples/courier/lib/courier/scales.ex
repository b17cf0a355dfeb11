defmodule Courier.Scales do
  @moduledoc """
  The port program `priv/weigh`, another OS process; its protocol is at the head of `c_src/weigh.c`.

  It answers in the order asked. When it dies this process dies with it, and the supervisor starts both anew.
  """
  use GenServer

  @longest 255

  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @doc "The volumetric weight, in grams, of a parcel such as `\"30x20x10\"` (centimetres)."
  @spec weigh(String.t()) :: {:ok, non_neg_integer()} | {:error, :unreadable}
  def weigh(text) when byte_size(text) <= @longest do
    case GenServer.call(__MODULE__, {:weigh, text}) do
      "?" -> {:error, :unreadable}
      grams -> {:ok, String.to_integer(grams)}
    end
  end

  def weigh(_text), do: {:error, :unreadable}

  @impl true
  def init(nil) do
    program = Application.app_dir(:courier, "priv/weigh")
    port = Port.open({:spawn_executable, program}, [:binary, :exit_status, packet: 2])
    {:ok, %{port: port, waiting: :queue.new()}}
  end

  @impl true
  def handle_call({:weigh, text}, from, state) do
    Port.command(state.port, text)
    {:noreply, %{state | waiting: :queue.in(from, state.waiting)}}
  end

  @impl true
  def handle_info({port, {:data, answer}}, %{port: port} = state) do
    {{:value, from}, waiting} = :queue.out(state.waiting)
    GenServer.reply(from, answer)
    {:noreply, %{state | waiting: waiting}}
  end

  def handle_info({port, {:exit_status, status}}, %{port: port} = state),
    do: {:stop, {:weigh_exited, status}, state}
end
