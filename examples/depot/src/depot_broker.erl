-module(depot_broker).
-moduledoc """
What the depot asks of RabbitMQ, by RabbitMQ's own Erlang client.

Nothing handed over is lost: durable exchange, quorum queue, persistent messages, publisher confirms, and the
consumer acknowledges by hand.

The password is looked up for each connection: a process that kept it would print it in its crash report.
""".

-export([configured/0, open/1, publish/2, ack/2, close/1]).

-include_lib("amqp_client/include/amqp_client.hrl").

-define(EXCHANGE, <<"depot">>).
-define(QUEUE, <<"depot.parcels">>).
-define(PERSISTENT, 2).
-define(TIMEOUT, 5_000).

-spec configured() -> boolean().
configured() ->
    depot_settings:amqp() =/= off.

-doc "Connects, declares, and subscribes the consumer, which gets `#'basic.deliver'{}` messages.".
-spec open(Consumer :: pid()) -> {ok, Connection :: pid(), Channel :: pid()} | {error, term()}.
open(Consumer) ->
    #{host := Host, port := Port, user := User, password := Password} = depot_settings:amqp(),
    Parameters = #amqp_params_network{
        host = Host,
        port = Port,
        username = User,
        password = Password,
        connection_timeout = ?TIMEOUT
    },
    maybe
        {ok, Connection} ?= amqp_connection:start(Parameters, atom_to_binary(node())),
        subscribe(Connection, Consumer)
    end.

-doc "Publishes, and waits until RabbitMQ has the message safe.".
-spec publish(Channel :: pid(), binary()) -> ok | {error, unconfirmed}.
publish(Channel, Payload) ->
    Message = #amqp_msg{props = #'P_basic'{delivery_mode = ?PERSISTENT}, payload = Payload},
    ok = amqp_channel:call(Channel, #'basic.publish'{exchange = ?EXCHANGE}, Message),
    case amqp_channel:wait_for_confirms(Channel, {?TIMEOUT, millisecond}) of
        true -> ok;
        _NackOrTimeout -> {error, unconfirmed}
    end.

-spec ack(Channel :: pid(), Tag :: pos_integer()) -> ok.
ack(Channel, Tag) ->
    amqp_channel:cast(Channel, #'basic.ack'{delivery_tag = Tag}).

-spec close(Connection :: pid()) -> term().
close(Connection) ->
    try
        amqp_connection:close(Connection, ?TIMEOUT)
    catch
        exit:_AlreadyGone -> ok
    end.

%% A refusal (no permission, no quorum) ends the channel, and the call that asked for it by an exit.
subscribe(Connection, Consumer) ->
    try
        {ok, Channel} = amqp_connection:open_channel(Connection),
        [amqp_channel:call(Channel, Method) || Method <- topology()],
        amqp_channel:subscribe(Channel, #'basic.consume'{queue = ?QUEUE}, Consumer),
        {ok, Connection, Channel}
    catch
        exit:Reason ->
            close(Connection),
            {error, Reason}
    end.

topology() ->
    [
        #'exchange.declare'{exchange = ?EXCHANGE, durable = true},
        #'queue.declare'{
            queue = ?QUEUE,
            durable = true,
            arguments = [{<<"x-queue-type">>, longstr, <<"quorum">>}]
        },
        #'queue.bind'{queue = ?QUEUE, exchange = ?EXCHANGE},
        #'confirm.select'{},
        #'basic.qos'{prefetch_count = 20}
    ].
