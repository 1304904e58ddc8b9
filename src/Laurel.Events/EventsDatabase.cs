using Npgsql;

namespace Laurel.Events;

/// <summary>
/// The database of the events service, by two doors: one for statements of every kind, and one for the pipelines, whose connections
/// are set so that no plan depends on statistics (a table that grew from empty has none).
/// </summary>
public sealed record EventsDatabase(NpgsqlDataSource Any, NpgsqlDataSource Batches);
