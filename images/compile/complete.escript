#!/usr/bin/env escript
%% Completes a release that was made without ERTS or without OTP's applications: complete.escript FOLDER
%%
%% Copies what its .rel file names and it does not hold out of this OTP. Prints what this OTP has in another
%% version, a line each, and ends with 1.
-mode(compile).

main([Folder]) ->
    {ok, Data} = file:read_file(filename:join(Folder, "releases/start_erl.data")),
    [Erts, Version | _] = string:lexemes(binary_to_list(Data), " \n"),
    Files = filelib:wildcard(filename:join([Folder, "releases", Version, "*.rel"])),
    Wanted = lists:usort(lists:append([applications(File) || File <- Files])),
    Missing = [erts(Folder, Erts) | [application(Folder, App, Vsn) || {App, Vsn} <- Wanted]],
    Misfits = lists:append(Missing) ++ too_old(Erts),
    [io:format("~ts~n", [Line]) || Line <- Misfits],
    [home(File) || File <- filelib:wildcard(filename:join([Folder, "releases", Version, "*.boot"]))],
    halt(case Misfits of [] -> 0; _ -> 1 end).

applications(File) ->
    {ok, [{release, _, _, Applications}]} = file:consult(File),
    [named(element(1, App), element(2, App)) || App <- Applications].

%% They become parts of paths, and somebody else wrote them.
named(App, Version) ->
    case {re:run(atom_to_list(App), "^\\w+$"), re:run(Version, "^\\w[\\w.+~-]*$")} of
        {{match, _}, {match, _}} -> {App, Version};
        _ -> io:format("its .rel file names an application ~tp ~tp~n", [App, Version]), halt(1)
    end.

erts(Folder, Version) ->
    To = filename:join([Folder, "erts-" ++ Version, "bin"]),
    From = filename:join([code:root_dir(), "erts-" ++ Version, "bin"]),
    bring(To, From, "ERTS " ++ Version, erlang:system_info(version)).

application(Folder, App, Version) ->
    Library = lists:concat([App, "-", Version]),
    Here = filelib:wildcard(filename:join(code:lib_dir(), atom_to_list(App) ++ "-*")),
    Found = case [filename:basename(Each) || Each <- Here] of
        [] -> "none";
        [Name | _] -> Name
    end,
    bring(filename:join([Folder, "lib", Library]), filename:join(code:lib_dir(), Library), Library, Found).

bring(To, From, What, Found) ->
    case {filelib:is_dir(To), filelib:is_dir(From)} of
        {true, _} -> [];
        {false, true} -> copy(From, To);
        {false, false} -> [io_lib:format("it needs ~s and does not hold it; the toolchain has ~s", [What, Found])]
    end.

copy(From, To) ->
    ok = filelib:ensure_dir(To),
    Port = open_port({spawn_executable, "/bin/cp"}, [{args, ["-RL", From, To]}, exit_status]),
    receive {Port, {exit_status, 0}} -> [] end.

%% relx names another folder for OTP's applications when it leaves them out; they are at home now.
home(File) ->
    {ok, Boot} = file:read_file(File),
    {script, Id, Instructions} = binary_to_term(Boot),
    Home = [case Each of {path, Paths} -> {path, [home_path(Path) || Path <- Paths]}; _ -> Each end
            || Each <- Instructions],
    ok = file:write_file(File, term_to_binary({script, Id, Home})).

home_path("$SYSTEM_LIB_DIR/" ++ Path) -> "$ROOT/lib/" ++ Path;
home_path(Path) -> Path.

%% beamwright_node is compiled by this OTP, and an older one may not know its instructions.
too_old(Erts) ->
    Here = erlang:system_info(version),
    case major(Erts) < major(Here) of
        true -> [io_lib:format("it runs on ERTS ~s; the toolchain has ~s, which compiles for newer ones", [Erts, Here])];
        false -> []
    end.

major(Version) -> list_to_integer(hd(string:lexemes(Version, "."))).
