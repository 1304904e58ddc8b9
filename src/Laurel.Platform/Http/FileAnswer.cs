namespace Laurel.Platform.Http;

/// <summary>The endpoint also answers with a file of this media type, to those who ask for it.</summary>
public sealed record FileAnswer(string MediaType);
