defmodule Courier.ClusterTest do
  use ExUnit.Case

  alias Courier.{Counter, Ledger}

  @names ~w(courier_a courier_b courier_c)a
  @flags ~w(-kernel prevent_overlapping_partitions false)c
  @raises 200

  @tag timeout: 60_000
  test "a rolling restart under load loses no acknowledged raise" do
    {:ok, _} = Agent.start_link(fn -> %{} end, name: __MODULE__)
    Enum.each(@names, &start_node/1)
    clients = for _ <- 1..4, do: Task.async(fn -> Enum.count(1..@raises, &raised?/1) end)

    for name <- @names do
      stop_node(name)
      start_node(name)
    end

    acknowledged = clients |> Task.await_many(30_000) |> Enum.sum()
    assert acknowledged > 0

    for name <- @names, do: assert(:peer.call(peers()[name], Ledger, :value, []) >= acknowledged)
  end

  # One that fails may count or not, as for any client whose node goes away.
  defp raised?(_) do
    Process.sleep(5)

    try do
      match?({:ok, _}, :peer.call(peers()[Enum.random(@names)], Counter, :raise, []))
    catch
      _, _ -> false
    end
  end

  defp peers, do: Agent.get(__MODULE__, & &1)

  defp start_node(name) do
    options = %{name: name, host: ~c"127.0.0.1", longnames: true, args: @flags, connection: :standard_io}
    {:ok, peer, _node} = :peer.start(options)

    :ok = :peer.call(peer, :code, :add_paths, [:code.get_path()])
    for other <- @names, do: :peer.call(peer, Node, :connect, [:"#{other}@127.0.0.1"])
    environment = [courier: [http_port: 0], logger: [level: :error]]
    :ok = :peer.call(peer, Application, :put_all_env, [environment])
    {:ok, _} = :peer.call(peer, Application, :ensure_all_started, [:courier])
    Agent.update(__MODULE__, &Map.put(&1, name, peer))
  end

  defp stop_node(name) do
    :ok = :peer.call(peers()[name], Application, :stop, [:courier])
    :ok = :peer.stop(peers()[name])
  end
end
