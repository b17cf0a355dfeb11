defmodule Courier.WebTest do
  use ExUnit.Case

  test "healthz follows the counter" do
    assert {200, %{"status" => "ok"}} = request(:get, "/healthz")

    :ok = :sys.suspend(Courier.Counter)
    assert {503, %{"status" => "stuck"}} = request(:get, "/healthz")
    :ok = :sys.resume(Courier.Counter)
  end

  test "healthz is off while Beamwright drains the node" do
    Module.create(:beamwright_node, quote(do: def(ready, do: false)), Macro.Env.location(__ENV__))
    on_exit(fn -> :code.delete(:beamwright_node) && :code.purge(:beamwright_node) end)

    assert {503, %{"status" => "draining"}} = request(:get, "/healthz")
  end

  test "a request under way is answered before the port closes" do
    listener = {:ranch_embedded_sup, Courier.Web}
    :ok = :sys.suspend(Courier.Counter)
    request = Task.async(fn -> request(:post, "/counter") end)
    Process.sleep(100)
    closing = Task.async(fn -> Supervisor.terminate_child(Courier.Supervisor, listener) end)
    Process.sleep(100)
    :ok = :sys.resume(Courier.Counter)

    assert {200, _} = Task.await(request)
    assert :ok = Task.await(closing)
    {:ok, _} = Supervisor.restart_child(Courier.Supervisor, listener)
  end

  test "version names the running code" do
    version = Mix.Project.config()[:version]
    node = to_string(node())

    assert {200, %{"name" => "courier", "vsn" => ^version, "code" => ^version, "node" => ^node}} =
             request(:get, "/version")
  end

  test "the counter is raised and read" do
    {200, %{"value" => before}} = request(:get, "/counter")
    raised = before + 1
    assert {200, %{"value" => ^raised}} = request(:post, "/counter")
    assert {200, %{"value" => ^raised}} = request(:get, "/counter")
  end

  test "parcels are weighed" do
    assert {200, %{"grams" => 1200}} = request(:get, "/weigh?text=30x20x10")
    assert {400, %{"error" => "unreadable"}} = request(:get, "/weigh?text=30x20")
    assert {400, %{"error" => "text_missing"}} = request(:get, "/weigh")
  end

  test "without RabbitMQ parcels are refused, not lost" do
    assert {200, %{"connected" => false, "published" => 0}} = request(:get, "/parcels")
    assert {503, %{"error" => "not_connected"}} = request(:post, "/parcels")
  end

  test "other methods are refused" do
    assert {405, _} = request(:delete, "/counter")
  end

  defp request(method, path) do
    url = ~c"http://127.0.0.1:#{:ranch.get_port(Courier.Web)}#{path}"
    request = if method == :post, do: {url, [], ~c"text/plain", ""}, else: {url, []}
    {:ok, {{_, status, _}, _, body}} = :httpc.request(method, request, [], body_format: :binary)
    {status, JSON.decode!(body)}
  end
end
