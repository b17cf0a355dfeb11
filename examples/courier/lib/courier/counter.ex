defmodule Courier.Counter do
  @moduledoc """
  Raises this node's own slot of the ledger.

  A counter that starts takes a new slot, `{node, time of start}`. Were it named by the node alone, a node that
  starts while cut off from its peers would count from zero again, and the merge would swallow what it counts.
  """
  use GenServer

  alias Courier.Ledger

  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @doc """
  Adds one and returns the cluster's value, once another connected node holds it too.

  The caller asks the other nodes, not this process: a node that hangs delays its own clients only.
  """
  @spec raise() :: {:ok, pos_integer()} | {:error, :unconfirmed}
  def raise do
    slot = GenServer.call(__MODULE__, :raise)
    with :ok <- Ledger.replicate([slot]), do: {:ok, Ledger.value()}
  end

  @spec answers?() :: boolean()
  def answers? do
    GenServer.call(__MODULE__, :answers?, 1_000)
  catch
    :exit, _ -> false
  end

  @impl true
  def init(nil), do: {:ok, %{slot: {node(), System.os_time()}, count: 0}}

  @impl true
  def handle_call(:raise, _from, state) do
    state = %{state | count: state.count + 1}
    :ok = Ledger.merge([{state.slot, state.count}])
    {:reply, {state.slot, state.count}, state}
  end

  def handle_call(:answers?, _from, state), do: {:reply, true, state}
end
