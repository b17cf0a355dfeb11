defmodule Courier.Web do
  @moduledoc """
  The HTTP port. JSON in every answer.

      GET  /healthz    200, or 503 while the node drains or its counter is stuck
      GET  /version    name, vsn, node, and the version compiled into the code
      GET  /counter    the cluster's value
      POST /counter    raises it
      GET  /weigh      ?text=30x20x10
      GET  /parcels    published, consumed, connected
      POST /parcels    publishes one
  """
  @behaviour :cowboy_handler

  alias Courier.{Counter, Ledger, Parcels, Scales}

  @json %{"content-type" => "application/json"}
  @resources [:healthz, :version, :counter, :weigh, :parcels]

  @doc "A child that listens on `port`; stopped, it takes no new requests and finishes those under way."
  def child_spec(port: port) do
    routes = for resource <- @resources, do: {"/#{resource}", __MODULE__, resource}
    dispatch = :cowboy_router.compile([{:_, routes}])
    transport = %{socket_opts: [port: port], connection_type: :supervisor}
    protocol = %{env: %{dispatch: dispatch}, connection_type: :supervisor}
    :ranch.child_spec(__MODULE__, :ranch_tcp, transport, :cowboy_clear, protocol)
  end

  @impl true
  def init(request, resource) do
    {status, body} = answer(resource, :cowboy_req.method(request), request)
    {:ok, :cowboy_req.reply(status, @json, JSON.encode_to_iodata!(body), request), resource}
  end

  # A process that is just being restarted, or is stuck, is no reason to crash the request.
  defp answer(resource, method, request) do
    handle(resource, method, request)
  catch
    :exit, _ -> {503, %{error: :unavailable}}
  end

  defp handle(:healthz, "GET", _request) do
    cond do
      draining?() -> {503, %{status: :draining}}
      not Counter.answers?() -> {503, %{status: :stuck}}
      true -> {200, %{status: :ok}}
    end
  end

  defp handle(:version, "GET", _request) do
    vsn = to_string(Application.spec(:courier, :vsn))
    {200, %{name: :courier, vsn: vsn, node: node(), code: Courier.version()}}
  end

  defp handle(:counter, "GET", _request), do: {200, %{value: Ledger.value()}}

  defp handle(:counter, "POST", _request) do
    case Counter.raise() do
      {:ok, value} -> {200, %{value: value}}
      {:error, reason} -> {503, %{error: reason}}
    end
  end

  defp handle(:weigh, "GET", request) do
    case request |> :cowboy_req.parse_qs() |> List.keyfind("text", 0) do
      {"text", text} when is_binary(text) -> weigh(text)
      _missing -> {400, %{error: :text_missing}}
    end
  end

  defp handle(:parcels, "GET", _request), do: {200, Parcels.stats()}

  defp handle(:parcels, "POST", _request) do
    case Parcels.publish("parcel from #{node()}") do
      :ok -> {202, %{status: :published}}
      {:error, reason} -> {503, %{error: reason}}
    end
  end

  defp handle(_resource, _method, _request), do: {405, %{error: :method_not_allowed}}

  defp weigh(text) do
    case Scales.weigh(text) do
      {:ok, grams} -> {200, %{grams: grams}}
      {:error, reason} -> {400, %{error: reason}}
    end
  end

  # Beamwright adds its application to the finished release, so there is none to compile against.
  defp draining? do
    function_exported?(:beamwright_node, :ready, 0) and not apply(:beamwright_node, :ready, [])
  end
end
