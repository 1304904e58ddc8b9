using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Laurel.Platform.Access;

/// <summary>
/// Who sent the request, after its token was verified: a person with a role, or a service account with scopes.
/// A handler that takes it as a parameter is only ever reached by a verified caller.
/// </summary>
/// <param name="Subject">The account's id, the service account's, or the user id of a trusted issuer's player.</param>
/// <param name="SessionId">The session or grant that can be ended; null for a trusted issuer's player, who has no account here.</param>
/// <param name="Role">A person's.</param>
/// <param name="Scopes">A service account's.</param>
public sealed record Caller(string Subject, Guid? SessionId, Role? Role, IReadOnlyList<string> Scopes)
{
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return ValueTask.FromResult<Caller?>(Of(context) ?? throw new InvalidOperationException($"{context.GetEndpoint()} is open to anyone and has no caller."));
    }

    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>();
}
