%% @doc The cluster's cookie, from where no other user can read it.
%%
%% `-setcookie' would show it in `ps' and `systemctl status'; `~/.erlang.cookie' is the user's own.
%% Errors name the source, never its content.
-module(beamwright_cookie).

-export([read/0, set/0, check/2]).

%% 32 characters of base64 or more hold 192 bits; 255 is an atom's limit.
-define(SHORTEST, 32).
-define(LONGEST, 255).

%% @doc The cookie from where BEAMWRIGHT_COOKIE says: `file:PATH', or `env:NAME' for one that a person
%% chose, of any length. Without it from systemd's credential `cookie'.
%%
%% Fails closed: where `/' isn't a shared mount, systemd starts a unit with an empty credentials
%% folder, and the kernel would then make up a cookie of its own.
-spec read() -> binary().
read() ->
    case os:getenv("BEAMWRIGHT_COOKIE", "") of
        "" -> credential(os:getenv("CREDENTIALS_DIRECTORY", ""));
        "file:" ++ Path -> from_file(Path);
        "env:" ++ Name -> checked(unicode:characters_to_binary(os:getenv(Name, "")), Name, 1);
        _ -> fail("BEAMWRIGHT_COOKIE is neither file:PATH nor env:NAME", [])
    end.

%% @doc Makes it the cookie of this VM, whose distribution must be about to start, or have started.
-spec set() -> ok.
set() ->
    true = erlang:set_cookie(binary_to_atom(read())),
    ok.

%% @doc A usable cookie out of its source's content, or what is wrong with it.
-spec check(binary(), Shortest :: pos_integer()) -> {ok, binary()} | {error, string()}.
check(Content, Shortest) ->
    Cookie = string:trim(Content, trailing, "\r\n"),
    Printable = [C || <<C>> <= Cookie, C > $\s, C < 127],
    case byte_size(Cookie) of
        0 -> {error, "is empty"};
        Size when Size < Shortest -> {error, lists:concat(["has fewer than ", Shortest, " characters"])};
        Size when Size > ?LONGEST -> {error, "has more than 255 characters"};
        Size when Size =/= length(Printable) -> {error, "has spaces or unprintable characters"};
        _ -> {ok, Cookie}
    end.

%% Internal

credential("") -> fail("CREDENTIALS_DIRECTORY is not set, so there is no cookie", []);
credential(Folder) -> from_file(filename:join(Folder, "cookie")).

from_file(Path) ->
    case file:read_file(Path) of
        {ok, Content} -> checked(Content, Path, ?SHORTEST);
        {error, Reason} -> fail("no cookie in ~ts: ~ts", [Path, file:format_error(Reason)])
    end.

checked(Content, Source, Shortest) ->
    case check(Content, Shortest) of
        {ok, Cookie} -> Cookie;
        {error, Why} -> fail("the cookie in ~ts ~ts", [Source, Why])
    end.

-spec fail(string(), [term()]) -> no_return().
fail(Format, Arguments) -> error({beamwright_node, io_lib:format(Format, Arguments)}).
