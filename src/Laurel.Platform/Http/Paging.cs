using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text.Json;
using Laurel.Platform.Secrets;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Laurel.Platform.Http;

/// <summary>One page of a list, newest first. The last one has no `nextCursor`.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>The query parameters of every list; to be bound with <c>[AsParameters]</c>.</summary>
public sealed record PageQuery
{
    public const int MaxLimit = 200;

    [FromQuery(Name = "limit"), Range(1, MaxLimit), Description("How many items at most; 50 unless told.")]
    public int? Limit { get; init; }

    [FromQuery(Name = "cursor"), Description("Where the page before this one ended: its `nextCursor`.")]
    public string? Cursor { get; init; }

    public int Size => Limit ?? 50;
}

/// <summary>
/// Cursors name the last row of a page (keyset paging: an offset would repeat and skip rows while new ones arrive).
/// They are signed and bound to their list, so that one that was tampered with, or belongs to another list, is refused.
/// </summary>
public sealed class Cursors(SecretBox secrets)
{
    private const int MacLength = 12;

    private readonly byte[] _key = secrets.DeriveKey("cursors");

    /// <summary>
    /// Makes a page of rows that were read one beyond the page's size: the row too many tells that there is a next page.
    /// </summary>
    public Page<T> Page<T, TKey>(string list, PageQuery query, IReadOnlyList<T> rows, Func<T, TKey> keyOf) => rows.Count <= query.Size
        ? new Page<T>(rows, null)
        : new Page<T>([.. rows.Take(query.Size)], Write(list, keyOf(rows[query.Size - 1])));

    /// <summary>
    /// Makes a page whose reader knows by itself where the next one starts: one that gave up looking before the page was full has
    /// few items or none, and a cursor all the same.
    /// </summary>
    public Page<T> PageUpTo<T, TKey>(string list, IReadOnlyList<T> items, TKey? next) where TKey : struct =>
        new(items, next is { } key ? Write(list, key) : null);

    /// <summary>The key after which the page starts, or default where it is the first one.</summary>
    public TKey? Read<TKey>(string list, PageQuery query)
    {
        if (query.Cursor is null)
            return default;

        try
        {
            var bytes = WebEncoders.Base64UrlDecode(query.Cursor);
            if (bytes.Length > MacLength)
            {
                var payload = bytes.AsSpan(MacLength);
                if (CryptographicOperations.FixedTimeEquals(Mac(list, payload), bytes.AsSpan(0, MacLength)))
                    return JsonSerializer.Deserialize<TKey>(payload, JsonRules.Options);
            }
        }
        catch (FormatException)
        {
            // No base64url: refused below like any other text that is no cursor.
        }

        throw new ProblemException(Errors.InvalidCursor);
    }

    private string Write<TKey>(string list, TKey key)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(key, JsonRules.Options);
        return WebEncoders.Base64UrlEncode([.. Mac(list, payload), .. payload]);
    }

    private byte[] Mac(string list, ReadOnlySpan<byte> payload)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(System.Text.Encoding.UTF8.GetBytes(list));
        hmac.AppendData([0]);
        hmac.AppendData(payload);
        return hmac.GetHashAndReset()[..MacLength];
    }
}
