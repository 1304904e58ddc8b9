using Laurel.Platform.Access;
using Laurel.Tests.Support;

namespace Laurel.Tests.Stories;

/// <summary>Somebody with an account of their own, who got it and uses it through the API alone.</summary>
internal sealed class Person
{
    private const string Password = "three green apples";

    private readonly LaurelApp _app;
    private readonly string _email;

    private Person(LaurelApp app, string id, string email) => (_app, Id, _email, Api) = (app, id, email, app.Anonymous);

    public string Id { get; }

    /// <summary>As who signed in last; nobody at first.</summary>
    public Api Api { get; private set; }

    public static async Task<Person> SignsUp(LaurelApp app, string name)
    {
        var email = $"{name}@example.com";
        var made = (await app.Anonymous.Post("/v1/auth/signup", new { email, password = Password, nickname = name })).Is(201);
        Assert.Equal("USER", made.Field("role"));
        return new Person(app, made.Field("id"), email);
    }

    /// <summary>Somebody to whom an admin gives this role.</summary>
    public static async Task<Person> IsMade(LaurelApp app, string name, Role role)
    {
        var somebody = await SignsUp(app, name);
        (await (await app.SignedIn(Role.Admin)).Api.Patch($"/v1/users/{somebody.Id}", new { role })).Is(200);
        await somebody.LogsIn();
        return somebody;
    }

    public async Task LogsIn() =>
        Api = _app.Anonymous.As((await _app.Anonymous.Post("/v1/auth/login", new { email = _email, password = Password })).Is(200).Field("accessToken"));

    public Task<Answer> Claims(string @event, string? offerId = null) => Api.Post($"/v1/events/{@event}/claims", new { offerId });

    public async Task<long> Points() => (long)(await Api.Get("/v1/me/points")).Is(200).Json["balance"]!;
}
