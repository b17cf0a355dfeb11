#!/usr/bin/env escript
%% Finishes a release in place: finish.escript ROOT NAME VERSION
%%
%% Strips every beam file, and adds the application beamwright_node, whose files are in ROOT/lib already,
%% to the .rel file, to the boot script and to RELEASES. The boot script is transformed and not made anew:
%% mix puts instructions into it that systools would not, such as those of config providers.
%%
%% Prints the OTP release, then the names of OTP's own applications, a line each.
-mode(compile).

main([Root, Name, Version]) ->
    Folder = filename:join([Root, "releases", Version]),
    [Ebin] = filelib:wildcard(filename:join(Root, "lib/beamwright_node-*/ebin")),
    {ok, [Node]} = file:consult(filename:join(Ebin, "beamwright_node.app")),
    Rel = change_rel(filename:join(Folder, Name ++ ".rel"), Node),
    change_boot(filename:join(Folder, "start.boot"), Node),
    write_releases(filename:join(Root, "releases/RELEASES"), Rel),
    strip([filename:join(Folder, "consolidated") | filelib:wildcard(filename:join(Root, "lib/*/ebin"))]),
    io:format("~s~n", [erlang:system_info(otp_release)]),
    [io:format("~s~n", [filename:basename(Folder)]) || Folder <- filelib:wildcard(code:lib_dir() ++ "/*-*")].

%% -- .rel and RELEASES

change_rel(File, Node) ->
    {ok, [{release, Id, Erts, Applications}]} = file:consult(File),
    {Before, After} = lists:splitwith(
        fun(Application) -> lists:member(element(1, Application), [kernel, stdlib]) end, Applications),
    Rel = {release, Id, Erts, Before ++ [{name(Node), version(Node)}] ++ After},
    ok = file:write_file(File, io_lib:format("~p.~n", [Rel])),
    Rel.

%% release_handler wants it before the first boot; where the tree stands is fixed: /app.
write_releases(File, {release, {Name, Version}, {erts, Erts}, Applications}) ->
    Libraries = [{App, Vsn, lists:concat(["/app/lib/", App, "-", Vsn])}
                 || Application <- Applications,
                    [App, Vsn | _] <- [tuple_to_list(Application)]],
    ok = file:write_file(File, io_lib:format("~p.~n", [[{release, Name, Version, Erts, Libraries, permanent}]])).

%% -- boot script

change_boot(File, Node) ->
    {ok, Boot} = file:read_file(File),
    {script, Id, Instructions} = binary_to_term(Boot),
    ok = file:write_file(File, term_to_binary({script, Id, add(Instructions, Node)})).

%% The full path follows modules_loaded, so it is seen with Loaded = true.
add(Instructions, Node) ->
    Started = [kernel, stdlib | needs(Node)],
    add(Instructions, Node, Started, false).

add([{progress, modules_loaded} = Loaded | Rest], Node, Started, false) ->
    [{path, [ebin(Node)]}, {primLoad, modules(Node)}, Loaded | add(Rest, Node, Started, true)];
add([{path, Path} | Rest], Node, Started, true) ->
    [{path, Path ++ [ebin(Node)]} | add(Rest, Node, Started, true)];
add([{progress, applications_loaded} = Loaded | Rest], Node, Started, true) ->
    [{apply, {application, load, [Node]}}, Loaded | add(Rest, Node, Started, true)];
add([{apply, {application, start_boot, [App, _]}} = Start | Rest], Node, Started, true) ->
    case lists:member(App, Started) of
        true -> [Start | add(Rest, Node, Started, true)];
        false -> [start(Node), Start | Rest]
    end;
add([{progress, started} | _] = End, Node, _, true) ->
    [start(Node) | End];
add([Instruction | Rest], Node, Started, Loaded) ->
    [Instruction | add(Rest, Node, Started, Loaded)].

start(Node) -> {apply, {application, start_boot, [name(Node), permanent]}}.
ebin(Node) -> lists:concat(["$ROOT/lib/", name(Node), "-", version(Node), "/ebin"]).
name({application, Name, _}) -> Name.
version({application, _, Keys}) -> proplists:get_value(vsn, Keys).
modules({application, _, Keys}) -> proplists:get_value(modules, Keys).
needs({application, _, Keys}) -> proplists:get_value(applications, Keys).

%% -- beams

strip(Folders) ->
    Running = [spawn_monitor(fun() -> lists:foreach(fun strip_file/1, filelib:wildcard(Folder ++ "/*.beam")) end)
               || Folder <- Folders],
    [receive {'DOWN', Reference, process, Pid, normal} -> ok;
             {'DOWN', Reference, process, Pid, Reason} -> exit(Reason)
     end || {Pid, Reference} <- Running].

%% Uncompressed: the archive compresses better than each file alone.
strip_file(File) ->
    {ok, Beam} = file:read_file(File),
    {ok, {_, Stripped}} = beam_lib:strip(Beam),
    ok = file:write_file(File, plain(Stripped)).

plain(<<31, 139, _/binary>> = Zipped) -> zlib:gunzip(Zipped);
plain(Beam) -> Beam.
