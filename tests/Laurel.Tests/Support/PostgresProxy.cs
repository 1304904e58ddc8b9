using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Laurel.Tests.Support;

/// <summary>A breakable network between a program and PostgreSQL, whose place may change from one start to the next.</summary>
internal sealed class PostgresProxy(Func<NpgsqlConnectionStringBuilder> server) : TcpProxy(() => EndPointOf(server()))
{
    public PostgresProxy(string connectionString)
        : this(() => new NpgsqlConnectionStringBuilder(connectionString))
    {
    }

    public string ConnectionString => Through(server());

    /// <summary>The same database, by way of here.</summary>
    public string Through(NpgsqlConnectionStringBuilder direct) => new NpgsqlConnectionStringBuilder(direct.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    private static EndPoint EndPointOf(NpgsqlConnectionStringBuilder server) => server.Host![0] == '/'
        ? new UnixDomainSocketEndPoint(Path.Combine(server.Host, $".s.PGSQL.{server.Port}"))
        : new IPEndPoint(IPAddress.Loopback, server.Port);
}
