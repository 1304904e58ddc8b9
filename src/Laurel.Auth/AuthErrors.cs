using Laurel.Platform.Http;

namespace Laurel.Auth;

/// <summary>The refusals of accounts, sessions and tokens.</summary>
public static class AuthErrors
{
    public static readonly Error EmailTaken = new(409, "email_taken", "An account with this e-mail exists");
    public static readonly Error InvalidCredentials = new(401, "invalid_credentials", "E-mail or password is wrong");
    public static readonly Error InvalidRefreshToken = new(401, "invalid_refresh_token", "The refresh token is not valid; sign in again");
    public static readonly Error WrongPassword = new(422, "wrong_password", "The current password is wrong");
    public static readonly Error LastAdmin = new(409, "last_admin", "The last active ADMIN must stay one");
    public static readonly Error AccountErased = new(409, "account_erased", "The account was deleted; its id is all that is left");
    public static readonly Error NameTaken = new(409, "name_taken", "A service account with this name exists");
    public static readonly Error InvalidClient = new(401, "invalid_client", "Client id or secret is wrong");
    public static readonly Error InvalidGrantRequest = new(400, "invalid_request", "The token request is not a form with the fields it needs, each once");
    public static readonly Error UnsupportedGrantType = new(400, "unsupported_grant_type", "Only client_credentials is given here");
    public static readonly Error ServiceTaken = new(409, "service_taken", "A service of this name is somebody else's");
    public static readonly Error PrefixTaken = new(409, "prefix_taken", "Another service stands below this prefix, or above it");
    public static readonly Error ServiceRemoved = new(409, "service_removed", "An admin has removed this service; an admin can add it again");
    public static readonly Error RegistryFull = new(409, "registry_full", "No more can be registered: an account has up to 20 services, a service up to 50 processes, and what they say of themselves 4 MB");
    public static readonly Error InvalidScope = new(400, "invalid_scope", "The service account does not have this scope");
}
