using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Laurel.Platform.Postgres;
using Npgsql;

namespace Laurel.Platform.Audit;

/// <summary>A row of the trail as it is stored, and what the chain makes of it.</summary>
internal sealed record AuditRow(
    long Id,
    DateTimeOffset At,
    string ActorKind,
    string Actor,
    string? ActorRole,
    string Action,
    string SubjectKind,
    string SubjectId,
    string? Person,
    string? TraceId,
    string? Change,
    byte[]? AddressCommitment,
    byte[]? ChangeCommitment)
{
    /// <summary>Nothing is before the first row.</summary>
    public static readonly byte[] Beginning = new byte[SHA256.HashSizeInBytes];

    public const string Columns =
        """
        audit.id, audit.at, audit.actor_kind, audit.actor, audit.actor_role, audit.action, audit.subject_kind, audit.subject_id, audit.person,
        audit.trace_id, audit.change::text, audit.address_commitment, audit.change_commitment
        """;

    public static AuditRow Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        row.Time(first + 1),
        row.GetString(first + 2),
        row.GetString(first + 3),
        row.OptionalText(first + 4),
        row.GetString(first + 5),
        row.GetString(first + 6),
        row.GetString(first + 7),
        row.OptionalText(first + 8),
        row.OptionalText(first + 9),
        row.OptionalText(first + 10),
        row.IsDBNull(first + 11) ? null : row.GetFieldValue<byte[]>(first + 11),
        row.IsDBNull(first + 12) ? null : row.GetFieldValue<byte[]>(first + 12));

    /// <summary>SHA-256 of the hash before, the number (8 bytes, the highest first), and the row.</summary>
    public byte[] Hash(byte[] previous, long seq)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, seq);
        hash.AppendData(number);
        foreach (var field in Fields())
            Append(hash, field);
        return hash.GetHashAndReset();
    }

    /// <summary>All of it, as texts in a fixed order; their form must never change, or older rows would seem to.</summary>
    private IEnumerable<string?> Fields() =>
    [
        "laurel audit 1",
        Id.ToString(CultureInfo.InvariantCulture),
        // Whole microseconds since 1970: PostgreSQL has no finer ones.
        ((At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture),
        ActorKind, Actor, ActorRole, Action, SubjectKind, SubjectId, Person, TraceId, Change,
        AddressCommitment is null ? null : Convert.ToHexStringLower(AddressCommitment),
        ChangeCommitment is null ? null : Convert.ToHexStringLower(ChangeCommitment),
    ];

    /// <summary>With its length before it (4 bytes, the highest first), so that no two rows come to the same bytes; -1 is no text.</summary>
    private static void Append(IncrementalHash hash, string? text)
    {
        var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, text is null ? -1 : bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
