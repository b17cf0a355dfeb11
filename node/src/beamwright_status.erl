%% @doc What a node says of itself, and its one line of JSON.
%%
%% An encoder of our own, since `json' came with OTP 27 and this is one flat map.
-module(beamwright_status).

-export([encode/1]).
-export_type([status/0]).

-type status() :: #{
    node := node(),
    version := binary(),
    state := starting | ready | unhealthy | draining,
    ready := boolean(),
    peers := non_neg_integer(),
    expected := non_neg_integer(),
    missing := [node()]
}.

%% systemd cuts a long STATUS= off, which would be no JSON any more; `expected' less `peers' still
%% tells how many are missing when not all are named.
-define(MISSING_BYTES, 1000).

%% @doc The status as one line of JSON, under 1500 bytes.
-spec encode(status()) -> binary().
encode(Status) ->
    #{node := Node, version := Version, state := State, ready := Ready} = Status,
    #{peers := Peers, expected := Expected, missing := Missing} = Status,
    Members = [
        {"node", text(atom_to_binary(Node))},
        {"version", text(Version)},
        {"state", text(atom_to_binary(State))},
        {"ready", atom_to_binary(Ready)},
        {"peers", integer_to_binary(Peers)},
        {"expected", integer_to_binary(Expected)},
        {"missing", [$[, lists:join($,, named(Missing, ?MISSING_BYTES)), $]]}
    ],
    Pairs = [[text(list_to_binary(Key)), $:, Value] || {Key, Value} <- Members],
    iolist_to_binary([${, lists:join($,, Pairs), $}]).

named([Node | Nodes], Room) ->
    Text = text(atom_to_binary(Node)),
    case Room - iolist_size(Text) - 1 of
        Left when Left >= 0 -> [Text | named(Nodes, Left)];
        _ -> []
    end;
named([], _Room) ->
    [].

text(Binary) -> [$", [escape(Character) || <<Character/utf8>> <= Binary], $"].

escape($") -> "\\\"";
escape($\\) -> "\\\\";
escape(Control) when Control < $\s -> io_lib:format("\\u~4.16.0b", [Control]);
escape(Character) -> <<Character/utf8>>.
