#!/usr/bin/env escript
%% Prints the names of the releases in the rebar.config of this folder, in all its profiles, on one line.
%% Nothing, where a script may change the configuration or the file can't be read: rebar3 tells more then.
main([]) ->
    Terms = case {filelib:is_file("rebar.config.script"), file:consult("rebar.config")} of
        {false, {ok, Read}} -> Read;
        _ -> []
    end,
    Profiles = [Profile || {profiles, All} <- Terms, {_, Profile} <- All],
    Relx = [Entry || Scope <- [Terms | Profiles], {relx, Entries} <- Scope, Entry <- Entries],
    Names = lists:usort([element(1, element(2, Entry)) || Entry <- Relx, element(1, Entry) =:= release]),
    io:format("~s~n", [lists:join(" ", [atom_to_list(Name) || Name <- Names])]).
