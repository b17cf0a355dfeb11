%% Real nodes as operating system processes, booted by a release's boot script as systemd would do it,
%% each with a unix datagram socket of its own as NOTIFY_SOCKET.
-module(test_vm).

-export([make_boot/1, free_port/0, kill_all/0]).
-export([start/2, start/3, rpc/3, console/3, hand/4]).
-export([signal/2, exited/2]).
-export([await/3, await_status/3, hears/3]).

%% A boot script of kernel, stdlib, beamwright_node and an application that may be slow to start.
make_boot(Folder) ->
    Ebin = filename:join([Folder, "late-1", "ebin"]),
    Boot = filename:join(Folder, "start"),
    ok = filelib:ensure_path(Ebin),
    {ok, _} = file:copy(code:which(late), filename:join(Ebin, "late.beam")),
    Late = [
        {description, ""}, {vsn, "1"}, {modules, [late]}, {registered, []},
        {applications, [kernel, stdlib]}, {mod, {late, []}}
    ],
    ok = write(filename:join(Ebin, "late.app"), {application, late, Late}),
    Applications = [{App, version(App)} || App <- [kernel, stdlib, beamwright_node]] ++ [{late, "1"}],
    ok = write(Boot ++ ".rel", {release, {"test", "1"}, {erts, erlang:system_info(version)}, Applications}),
    Paths = [Ebin, filename:dirname(code:which(beamwright_node))],
    {ok, _, _} = systools:make_script(Boot, [local, silent, no_warn_sasl, {path, Paths}]),
    Boot.

free_port() ->
    {ok, Socket} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Socket),
    ok = gen_tcp:close(Socket),
    Port.

%% Starts a node; the map has its port and the socket that it notifies.
start(Boot, Environment) -> start(Boot, Environment, []).

start(Boot, Environment, Extra) ->
    {Notify, Socket} = notify_socket(),
    Arguments = ["-boot", Boot, "-mode", "embedded", "-noinput", "-kernel", "logger_level", "notice"],
    Port = open(Extra ++ Arguments ++ distribution(), [{"NOTIFY_SOCKET", Notify} | Environment]),
    {os_pid, Pid} = erlang:port_info(Port, os_pid),
    ok = persistent_term:put(?MODULE, [{Pid, Notify} | persistent_term:get(?MODULE, [])]),
    #{port => Port, pid => Pid, socket => Socket}.

%% Runs beamwright_rpc as `invoke rpc' does, and gives exit code, standard output and error.
rpc(Input, Environment, Folder) ->
    run(["-noshell", "-s", "beamwright_rpc", "main"], Input, Environment, Folder).

%% The same for `invoke console'.
console(Input, Environment, Folder) ->
    run(["-noinput", "-s", "beamwright_rpc", "shell"], Input, Environment, Folder).

%% Runs a command of beamwright_hand, as bin/NAME does.
hand(Command, Arguments, Environment, Folder) ->
    run(["-noshell", "-s", "beamwright_hand", Command, "-extra" | Arguments], "", Environment, Folder).

signal(Signal, #{pid := Pid}) ->
    [] = os:cmd(lists:concat(["kill -", Signal, " ", Pid])),
    ok.

%% Waits for the end: exit code and all that was printed.
exited(Vm, Timeout) -> exited(Vm, Timeout, <<>>).

exited(#{port := Port} = Vm, Timeout, Printed) ->
    receive
        {Port, {data, Data}} -> exited(Vm, Timeout, <<Printed/binary, Data/binary>>);
        {Port, {exit_status, Code}} -> {Code, Printed}
    after Timeout -> error({still_runs, Printed})
    end.

%% Waits until the node has sent this line to its service manager.
await(Line, #{socket := Socket} = Vm, Timeout) ->
    Deadline = deadline(Timeout),
    receive
        {udp, Socket, _, _, Data} ->
            case lists:member(Line, lines(Data)) of
                true -> ok;
                false -> await(Line, Vm, left(Deadline))
            end
    after Timeout -> error({never_sent, Line})
    end.

%% Waits until the node's STATUS= has these members.
await_status(Members, #{socket := Socket} = Vm, Timeout) ->
    Deadline = deadline(Timeout),
    receive
        {udp, Socket, _, _, Data} ->
            Statuses = [json:decode(Json) || <<"STATUS=", Json/binary>> <- lines(Data)],
            case [Status || Status <- Statuses, maps:with(maps:keys(Members), Status) =:= Members] of
                [Status | _] -> Status;
                [] -> await_status(Members, Vm, left(Deadline))
            end
    after Timeout -> error({never_had, Members})
    end.

%% Whether the line is sent within this time; what came before now doesn't count.
hears(Line, #{socket := Socket} = Vm, Timeout) ->
    receive
        {udp, Socket, _, _, _} -> hears(Line, Vm, Timeout)
    after 0 ->
        try await(Line, Vm, Timeout) of
            ok -> true
        catch
            error:{never_sent, Line} -> false
        end
    end.

%% Ends what a test case started, and removes the sockets' files. Common Test may call this from
%% another process, so the list isn't a process's own.
kill_all() ->
    [
        begin
            %% its own environment tells that the number is still this node's
            [] = os:cmd(lists:concat(["grep -sq ", Notify, " /proc/", Pid, "/environ && kill -KILL ", Pid])),
            ok = file:delete(Notify)
        end
     || {Pid, Notify} <- persistent_term:get(?MODULE, [])
    ],
    _ = persistent_term:erase(?MODULE),
    ok.

%% Internal

run(How, Input, Environment, Folder) ->
    [In, Out, Err] = [filename:join(Folder, Name) || Name <- ["in", "out", "err"]],
    ok = file:write_file(In, Input),
    Redirect = ["-c", "exec \"$@\" <" ++ In ++ " >" ++ Out ++ " 2>" ++ Err, "sh"],
    Ebin = filename:dirname(code:which(beamwright_rpc)),
    Arguments = ["-boot", "start_clean", "-pa", Ebin] ++ distribution() ++ How,
    Port = open("/bin/sh", Redirect ++ [erlexec() | Arguments], [{"HOME", "/nonexistent"} | Environment]),
    {Code, _} = exited(#{port => Port}, 20000),
    [{ok, Printed}, {ok, Complaint}] = [file:read_file(File) || File <- [Out, Err]],
    {Code, Printed, Complaint}.

distribution() -> ["-nocookie", "-start_epmd", "false", "-epmd_module", "beamwright_epmd"].

notify_socket() ->
    Name = "/tmp/beamwright-" ++ integer_to_list(rand:uniform(1 bsl 60)),
    {ok, Socket} = gen_udp:open(0, [binary, {ifaddr, {local, Name}}]),
    {Name, Socket}.

open(Arguments, Environment) -> open(erlexec(), Arguments, Environment).

open(Program, Arguments, Environment) ->
    Root = code:root_dir(),
    Runtime = [{"ROOTDIR", Root}, {"BINDIR", bindir()}, {"EMU", "beam"}, {"PROGNAME", "erl"},
        {"ERL_CRASH_DUMP", "/dev/null"}, {"ERL_CRASH_DUMP_SECONDS", "0"}],
    open_port({spawn_executable, Program}, [
        {args, Arguments}, {env, Runtime ++ Environment}, binary, exit_status, stderr_to_stdout
    ]).

bindir() -> filename:join(code:root_dir(), "erts-" ++ erlang:system_info(version)) ++ "/bin".

erlexec() -> filename:join(bindir(), "erlexec").

write(File, Term) -> file:write_file(File, io_lib:format("~p.~n", [Term])).

version(App) ->
    _ = application:load(App),
    {ok, Version} = application:get_key(App, vsn),
    Version.

lines(Data) -> binary:split(Data, <<"\n">>, [global]).

deadline(Timeout) -> erlang:monotonic_time(millisecond) + Timeout.

left(Deadline) -> max(0, Deadline - erlang:monotonic_time(millisecond)).
