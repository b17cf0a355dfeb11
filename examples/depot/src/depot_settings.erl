-module(depot_settings).
-moduledoc "What the environment says; sys.config has the defaults.".

-export([http_port/0, amqp/0]).
-export_type([amqp/0]).

-type amqp() :: off | #{host := string(), port := inet:port_number(), user := binary(), password := binary()}.

-spec http_port() -> inet:port_number().
http_port() ->
    case os:getenv("HTTP_PORT") of
        false -> application:get_env(depot, http_port, 8080);
        Port -> list_to_integer(Port)
    end.

-doc "Where RabbitMQ is; without `AMQP_HOST` the depot does without.".
-spec amqp() -> amqp().
amqp() ->
    case os:getenv("AMQP_HOST") of
        false ->
            off;
        Host ->
            #{
                host => Host,
                port => list_to_integer(os:getenv("AMQP_PORT", "5672")),
                user => list_to_binary(os:getenv("AMQP_USER", "guest")),
                password => amqp_password()
            }
    end.

amqp_password() ->
    Credentials = os:getenv("CREDENTIALS_DIRECTORY", "/nonexistent"),
    case file:read_file(filename:join(Credentials, "amqp_password")) of
        {ok, Text} -> string:trim(Text);
        {error, _} -> list_to_binary(os:getenv("AMQP_PASSWORD", "guest"))
    end.
