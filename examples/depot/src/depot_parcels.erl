-module(depot_parcels).
-moduledoc """
Hands parcels to RabbitMQ and takes those that any node handed over.

The depot lives without RabbitMQ: while it is away this process knocks again, ever more rarely.
Without `AMQP_HOST` it never knocks at all.
""".
-behaviour(gen_server).

-export([start_link/0, publish/1, stats/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-include_lib("amqp_client/include/amqp_client.hrl").
-include_lib("kernel/include/logger.hrl").

-define(FIRST_DELAY, 500).
-define(LONGEST_DELAY, 30_000).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-doc "Publishes from the caller's process, so that waiting for RabbitMQ holds up nobody else.".
-spec publish(binary()) -> ok | {error, not_connected | unconfirmed}.
publish(Payload) ->
    maybe
        {ok, Channel} ?= gen_server:call(?MODULE, channel),
        ok ?= depot_broker:publish(Channel, Payload),
        gen_server:cast(?MODULE, published)
    end.

-spec stats() -> #{published := non_neg_integer(), consumed := non_neg_integer(), connected := boolean()}.
stats() ->
    gen_server:call(?MODULE, stats).

init([]) ->
    process_flag(trap_exit, true),
    [self() ! connect || depot_broker:configured()],
    {ok, #{
        connection => none,
        channel => none,
        delay => ?FIRST_DELAY,
        published => 0,
        consumed => 0
    }}.

handle_call(channel, _From, #{channel := none} = State) ->
    {reply, {error, not_connected}, State};
handle_call(channel, _From, #{channel := Channel} = State) ->
    {reply, {ok, Channel}, State};
handle_call(stats, _From, #{channel := Channel} = State) ->
    Stats = maps:with([published, consumed], State),
    {reply, Stats#{connected => Channel =/= none}, State}.

handle_cast(published, #{published := Published} = State) ->
    {noreply, State#{published := Published + 1}}.

handle_info(connect, #{delay := Delay} = State) ->
    case depot_broker:open(self()) of
        {ok, Connection, Channel} ->
            ?LOG_NOTICE("parcels: connected to RabbitMQ"),
            monitor(process, Channel),
            {noreply, State#{connection := Connection, channel := Channel, delay := ?FIRST_DELAY}};
        {error, Reason} ->
            ?LOG_WARNING("parcels: no RabbitMQ (~0p), again in ~b ms", [Reason, Delay]),
            {noreply, reconnect(State)}
    end;
handle_info({#'basic.deliver'{delivery_tag = Tag}, _}, #{channel := Channel, consumed := Consumed} = State) ->
    depot_broker:ack(Channel, Tag),
    {noreply, State#{consumed := Consumed + 1}};
%% RabbitMQ took the queue away, as when its leader's host goes down: begin anew.
handle_info(#'basic.cancel'{}, #{connection := Connection} = State) ->
    depot_broker:close(Connection),
    {noreply, State};
%% The channel dies with its connection, so this one signal means either.
handle_info({'DOWN', _, process, Channel, Reason}, #{channel := Channel, connection := Connection} = State) ->
    ?LOG_WARNING("parcels: lost RabbitMQ (~0p)", [Reason]),
    depot_broker:close(Connection),
    {noreply, reconnect(State#{connection := none, channel := none})};
handle_info(_Subscribed, State) ->
    {noreply, State}.

terminate(_Reason, #{connection := none}) ->
    ok;
terminate(_Reason, #{connection := Connection}) ->
    depot_broker:close(Connection).

reconnect(#{delay := Delay} = State) ->
    erlang:send_after(Delay, self(), connect),
    State#{delay := min(2 * Delay, ?LONGEST_DELAY)}.
