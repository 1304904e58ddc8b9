using Npgsql;

namespace Laurel.Platform.Postgres;

/// <summary>
/// The role under which a service works: it reads and writes rows and nothing else, and what must never change it cannot change. The
/// configured login owns the tables and may take the role; its name is the login's with <c>_app</c>, so that two Laurels with logins of
/// their own in one PostgreSQL do not reach each other's rows.
/// </summary>
public static class ServiceRole
{
    private const int MaxAttempts = 5;

    /// <summary>The advisory lock of whoever gives rights. The letters of "laurer".</summary>
    private const long RightsKey = 0x6C61_7572_6572;

    /// <summary>Only what is not as it should be, so that a start beside running servers changes nothing.</summary>
    private const string WhatIsMissing =
        """
        WITH stored AS (
            SELECT pg_class.oid, format('%I.%I', nspname, relname) AS name, relkind, relname = 'schema_migrations' AS is_ours,
                COALESCE((
                    SELECT bit_or(tgtype) FROM pg_trigger
                    WHERE tgrelid = pg_class.oid AND tgfoid = to_regproc('refuse_change')::oid), 0) AS refused
            FROM pg_class
            JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = current_schema() AND relkind IN ('r', 'p', 'S') AND pg_has_role(relowner, 'USAGE')
        ), wanted AS (
            SELECT oid, name, relkind, 'TABLE' AS kind, right_name, has
            FROM stored
            CROSS JOIN LATERAL (
                VALUES
                    ('SELECT', true),
                    ('INSERT', NOT is_ours),
                    ('UPDATE', NOT is_ours AND refused & 16 = 0),
                    ('DELETE', NOT is_ours AND refused & 8 = 0),
                    ('TRUNCATE', false)
            ) AS rights (right_name, has)
            WHERE relkind <> 'S'
            UNION ALL
            SELECT oid, name, relkind, 'SEQUENCE', 'USAGE', true
            FROM stored
            WHERE relkind = 'S'
        )
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1)
        WHERE NOT has_schema_privilege($1::name, current_schema(), 'USAGE')
        UNION ALL
        SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', current_schema(), $1)
        WHERE NOT EXISTS (
            SELECT FROM pg_default_acl
            CROSS JOIN LATERAL aclexplode(defaclacl) AS given
            JOIN pg_roles AS role ON role.oid = given.grantee
            JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
            WHERE nspname = current_schema() AND defaclobjtype = 'r' AND role.rolname = $1
              AND defaclrole = (SELECT oid FROM pg_roles WHERE rolname = session_user))
        UNION ALL
        SELECT format(CASE WHEN has THEN 'GRANT %s ON %s %s TO %I' ELSE 'REVOKE %s ON %s %s FROM %I' END, right_name, kind, name, $1)
        FROM wanted
        WHERE has <> CASE WHEN relkind = 'S' THEN has_sequence_privilege($1::name, oid, right_name) ELSE has_table_privilege($1::name, oid, right_name) END
        """;

    /// <summary>The role, made if it is not there; null where this login may neither take it nor make it.</summary>
    public static async Task<string?> Ensure(NpgsqlDataSource owner, CancellationToken cancellation)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellation);
        var (role, quoted, login) = await Names(connection, cancellation);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (await CanTake(connection, quoted, cancellation))
                    return role;
                await Execute(connection, $"CREATE ROLE {quoted} NOLOGIN", cancellation);
                await Execute(connection, $"GRANT {quoted} TO {login}", cancellation);
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                return null;
            }
            catch (PostgresException) when (attempt < MaxAttempts)
            {
                // Roles belong to the whole PostgreSQL: for another database somebody is making it at this moment.
            }
        }
    }

    /// <summary>What an administrator runs once where <see cref="Ensure"/> may not.</summary>
    public static async Task<string> Statements(NpgsqlDataSource owner, CancellationToken cancellation)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellation);
        var (_, quoted, login) = await Names(connection, cancellation);
        return $"CREATE ROLE {quoted} NOLOGIN; GRANT {quoted} TO {login};";
    }

    /// <summary>
    /// Gives the role its rights on all tables there are, and on those that the owner will make. A table whose triggers refuse changes
    /// (<c>refuse_change</c>) can be added to and read, so that what must stay is told in one place, the migration.
    /// </summary>
    public static async Task Grant(NpgsqlDataSource owner, string role, CancellationToken cancellation) =>
        await owner.InTransaction(
            async transaction =>
            {
                await transaction.Execute("SELECT pg_advisory_xact_lock($1)", [RightsKey], cancellation);
                var statements = await transaction.Query(WhatIsMissing, row => row.GetString(0), [role], cancellation);
                foreach (var statement in statements)
                    await transaction.Execute(statement, [], cancellation);
                return statements.Count;
            },
            cancellation);

    private static async Task<(string Role, string Quoted, string Login)> Names(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "SELECT role, quote_ident(role), quote_ident(session_user) FROM (SELECT left(session_user, 59) || '_app' AS role) AS named", connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        return (row.GetString(0), row.GetString(1), row.GetString(2));
    }

    private static async Task<bool> CanTake(NpgsqlConnection connection, string role, CancellationToken cancellation)
    {
        try
        {
            await Execute(connection, $"SET ROLE {role}", cancellation);
            await Execute(connection, "RESET ROLE", cancellation);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidParameterValue or PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
