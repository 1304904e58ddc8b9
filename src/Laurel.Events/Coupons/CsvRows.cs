using System.Text;

namespace Laurel.Events.Coupons;

/// <summary>Reads CSV after RFC 4180 as it arrives, in parts of any length. A row knows the line on which it begins.</summary>
/// <param name="row">Told each row that is not empty.</param>
/// <param name="malformed">Told the line on which quotes are not as they must be; nothing is read after it.</param>
internal sealed class CsvRows(Action<int, IReadOnlyList<string>> row, Action<int> malformed)
{
    /// <summary>Of a longer row so many fields are kept, which whoever reads it finds too many.</summary>
    private const int MaxFields = 16;

    /// <summary>Of a longer field so much is kept, which whoever reads it finds too long.</summary>
    private const int MaxField = 4_096;

    private readonly List<string> _fields = [];
    private readonly StringBuilder _field = new();
    private State _state = State.Start;
    private bool _isAfterReturn;
    private int _line = 1;
    private int _rowLine = 1;

    private enum State
    {
        Start,
        Plain,
        Quoted,
        QuoteInQuoted,
        Malformed,
    }

    public void Feed(ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
            Feed(letter);
    }

    /// <summary>The file has ended.</summary>
    public void End()
    {
        if (_state == State.Quoted)
            Fail();
        EndRow();
    }

    private void Feed(char letter)
    {
        var isSecondOfEnd = _isAfterReturn && letter == '\n';
        _isAfterReturn = letter == '\r';
        if (_state == State.Malformed)
            return;
        if (isSecondOfEnd && _state != State.Quoted)
            return;

        switch (_state, letter)
        {
            case (State.Quoted, '"'):
                _state = State.QuoteInQuoted;
                break;
            case (State.Quoted, _):
                if (letter == '\n')
                    _line++;
                Append(letter);
                break;
            case (State.QuoteInQuoted, '"'):
                Append('"');
                _state = State.Quoted;
                break;
            case (_, ','):
                EndField();
                break;
            case (_, '\r' or '\n'):
                EndRow();
                _rowLine = ++_line;
                break;
            case (State.Start, '"'):
                _state = State.Quoted;
                break;
            case (State.QuoteInQuoted, _) or (State.Plain, '"'):
                Fail();
                break;
            default:
                _state = State.Plain;
                Append(letter);
                break;
        }
    }

    private void Append(char letter)
    {
        if (_field.Length < MaxField)
            _field.Append(letter);
    }

    private void EndField()
    {
        if (_fields.Count < MaxFields)
            _fields.Add(_field.ToString());
        _field.Clear();
        _state = State.Start;
    }

    private void EndRow()
    {
        if (_state == State.Malformed || (_state == State.Start && _fields.Count == 0))
            return;
        EndField();
        row(_rowLine, [.. _fields]);
        _fields.Clear();
    }

    private void Fail()
    {
        _state = State.Malformed;
        malformed(_rowLine);
    }
}
