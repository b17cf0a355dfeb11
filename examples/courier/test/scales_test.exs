defmodule Courier.ScalesTest do
  use ExUnit.Case

  alias Courier.Scales

  @tag :capture_log
  test "a killed program is started anew" do
    %{port: port} = :sys.get_state(Scales)
    {:os_pid, os_pid} = Port.info(port, :os_pid)
    reference = Process.monitor(Scales)

    {_, 0} = System.cmd("kill", ["-KILL", "#{os_pid}"])

    assert_receive {:DOWN, ^reference, :process, _, {:weigh_exited, _}}, 1_000
    assert eventually(fn -> Scales.weigh("10x10x10") == {:ok, 200} end)
  end

  test "answers come back in the order asked" do
    answers = Task.async_stream(1..50, &Scales.weigh("#{&1}x10x10"), max_concurrency: 50)
    assert Enum.map(answers, fn {:ok, {:ok, grams}} -> grams end) == Enum.map(1..50, &(&1 * 20))
  end

  test "what is no parcel has no weight" do
    for text <- ["", "1x2", "axbxc", "1x2x3x4", "-1x2x3", String.duplicate("9", 70_000)],
        do: assert(Scales.weigh(text) == {:error, :unreadable})
  end

  defp eventually(condition) do
    Enum.any?(1..50, fn _ ->
      Process.sleep(20)

      try do
        condition.()
      catch
        :exit, _ -> false
      end
    end)
  end
end
