namespace Laurel.Auth.Registry;

/// <summary>What comes of a service, or of a process of one, that somebody wants to have known.</summary>
public enum Registering
{
    Done,

    /// <summary>The name is another owner's.</summary>
    NameTaken,

    /// <summary>The prefix is another service's, or one is below the other.</summary>
    PrefixTaken,

    /// <summary>An admin has removed it.</summary>
    Removed,

    /// <summary>There is no room for more.</summary>
    Full,

    /// <summary>Together with what else is registered its routes are too much for a gateway.</summary>
    Tangled,
}
