using Npgsql;

namespace Laurel.Events;

/// <summary>
/// The database of the events service, by three doors: one for statements of every kind; one for the pipelines, whose connections are
/// set so that no plan depends on statistics (a table that grew from empty has none); and the owner's, for tables that come and go.
/// </summary>
public sealed record EventsDatabase(NpgsqlDataSource Any, NpgsqlDataSource Batches, NpgsqlDataSource Owner);
