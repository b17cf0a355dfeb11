import Config

if port = System.get_env("HTTP_PORT") do
  config :courier, http_port: String.to_integer(port)
end

if host = System.get_env("AMQP_HOST") do
  credentials = System.get_env("CREDENTIALS_DIRECTORY", "/nonexistent")

  password =
    case File.read(Path.join(credentials, "amqp_password")) do
      {:ok, text} -> String.trim(text)
      {:error, _} -> System.get_env("AMQP_PASSWORD", "guest")
    end

  config :courier,
    amqp: [
      host: host,
      port: String.to_integer(System.get_env("AMQP_PORT", "5672")),
      user: System.get_env("AMQP_USER", "guest"),
      password: password
    ]
end
