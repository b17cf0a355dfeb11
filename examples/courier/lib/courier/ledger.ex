defmodule Courier.Ledger do
  @moduledoc """
  The counts of the whole cluster, in an ETS table owned by this process.

  A grow-only counter (Shapiro et al., 2011): each `Courier.Counter` raises a slot of its own, the value is
  the sum of all slots, and two ledgers merge by taking the larger count of each slot. Merging twice or in
  another order changes nothing, so nodes may send each other what they have as often as they like:

    * a ledger that starts takes over what the connected nodes hold, before HTTP answers;
    * each raise goes to every connected node before the client is answered (`replicate/1`);
    * nodes that meet (again) exchange everything;
    * a ledger that stops hands on everything.

  It never calls another ledger while it serves one, so no two can wait for each other.
  """
  use GenServer

  @type slot :: {node(), integer()}
  @type slots :: [{slot(), pos_integer()}]

  @table __MODULE__
  @peers_timeout 2_000

  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @spec value() :: non_neg_integer()
  def value, do: Enum.sum_by(slots(), fn {_slot, count} -> count end)

  @spec slots() :: slots()
  def slots, do: :ets.tab2list(@table)

  @doc "Takes over every count that is larger than the one held."
  @spec merge(slots()) :: :ok
  def merge(slots), do: GenServer.call(__MODULE__, {:merge, slots})

  @doc """
  Gives `slots` to the connected nodes; `:ok` once another node holds them, or there is none that could.

  A node without a ledger (stopping, not started yet) is none: it asks for everything when it starts.
  One that stays silent may be alive, so silence alone is an error.
  """
  @spec replicate(slots()) :: :ok | {:error, :unconfirmed}
  def replicate(slots) do
    answers = ask_peers(:merge, [slots])

    if {:ok, :ok} in answers or {:error, {:erpc, :timeout}} not in answers,
      do: :ok,
      else: {:error, :unconfirmed}
  end

  @impl true
  def init(nil) do
    Process.flag(:trap_exit, true)
    :ets.new(@table, [:named_table, read_concurrency: true])
    :ok = :net_kernel.monitor_nodes(true)
    for {:ok, slots} <- ask_peers(:slots, []), do: store(slots)
    {:ok, %{}}
  end

  @impl true
  def handle_call({:merge, slots}, _from, state) do
    store(slots)
    {:reply, :ok, state}
  end

  @impl true
  def handle_info({:nodeup, node}, state) do
    :erpc.cast(node, __MODULE__, :merge, [slots()])
    {:noreply, state}
  end

  def handle_info({:nodedown, _node}, state), do: {:noreply, state}

  @impl true
  def terminate(_reason, _state), do: replicate(slots())

  defp ask_peers(function, arguments),
    do: :erpc.multicall(Node.list(), __MODULE__, function, arguments, @peers_timeout)

  defp store(slots) do
    for {slot, count} <- slots, count > held(slot), do: :ets.insert(@table, {slot, count})
  end

  defp held(slot), do: :ets.lookup_element(@table, slot, 2, 0)
end
