# Prints the releases that the mix project in this folder lists, `release NAME` a line; when it lists none,
# the application that mix would make one of, `application NAME`. A mix.exs that fails is told by mix itself.
Mix.start()

try do
  Code.compile_file("mix.exs")
rescue
  _ -> System.halt(0)
end

project = Mix.Project.config()

case Keyword.keys(project[:releases] || []) do
  [] -> if project[:app], do: IO.puts("application #{project[:app]}")
  names -> Enum.each(names, &IO.puts("release #{&1}"))
end
