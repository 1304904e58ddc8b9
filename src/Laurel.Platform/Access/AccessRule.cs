using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;

namespace Laurel.Platform.Access;

/// <summary>
/// Who may call an endpoint, stated where it is mapped. It is the one source of the check, the role matrix and the OpenAPI document.
/// </summary>
public sealed record AccessRule(bool Anyone, ImmutableArray<Role> Roles, ImmutableArray<string> Scopes)
{
    public bool Permits(Caller caller) => caller.Role is { } role
        // ADMIN passes every rule that some person passes, and stands in for a service account too.
        ? role == Role.Admin || Roles.Contains(role)
        : caller.Scopes.Any(Scopes.Contains);
}

public static class AccessRules
{
    extension<TBuilder>(TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        /// <summary>No token needed; one that is sent is not looked at.</summary>
        public TBuilder AllowAnyone() => builder.WithMetadata(new AccessRule(Anyone: true, [], []));

        public TBuilder AllowSignedIn() => builder.Allow(Role.User, Role.Operator, Role.Auditor, Role.Admin);

        /// <summary>These roles and ADMIN.</summary>
        public TBuilder Allow(params ReadOnlySpan<Role> roles) => builder.WithMetadata(new AccessRule(Anyone: false, [.. roles], []));

        /// <summary>Service accounts with this scope, and ADMIN.</summary>
        public TBuilder AllowScope(string scope) => builder.WithMetadata(new AccessRule(Anyone: false, [], [scope]));

        private TBuilder WithMetadata(AccessRule rule)
        {
            builder.Add(endpoint => endpoint.Metadata.Add(rule));
            return builder;
        }
    }
}
