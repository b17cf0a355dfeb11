import Config

config :courier, http_port: 8080

config :logger, :default_formatter, format: "[$level] $message\n"

# amqp_client brings os_mon along, whose probes want a shell that a release's own tree does not have.
config :os_mon, start_cpu_sup: false, start_disksup: false, start_memsup: false

if config_env() == :test do
  config :courier, http_port: 0
  config :logger, level: :warning
end
