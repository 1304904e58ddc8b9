namespace Laurel.Platform.Tokens;

/// <summary>What became of a token, in order of precedence. For logs: a caller is only told that its token is invalid.</summary>
public enum TokenOutcome
{
    TooLong,
    Malformed,
    UnexpectedHeader,
    WrongAlgorithm,
    WrongType,

    /// <summary>
    /// No such key, found out before any cryptography. The key may be new: whoever fetches keys may fetch them again now,
    /// but no more often than every few seconds, since anybody can invent a key id.
    /// </summary>
    UnknownKey,
    BadSignature,
    BadClaims,
    WrongIssuer,
    WrongAudience,
    NotYetValid,
    Expired,
    Valid,

    /// <summary>Not remembered. Only its signature can tell more.</summary>
    NotSeen,
}
