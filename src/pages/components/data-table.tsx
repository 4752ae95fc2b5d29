import type { Child } from 'hono/jsx'

export interface Column<T> {
  /** The heading, which also labels each cell where a narrow screen shows rows as lists. */
  readonly label: string
  /** The heading's content, where it is not the label. */
  readonly head?: Child
  readonly headClass?: string
  readonly title?: string
  readonly class?: string | ((row: T) => string)
  /** The cell needs no label on a narrow screen. */
  readonly isUnlabelled?: boolean
  /** The cell is the heading of its row. */
  readonly isRowHeading?: boolean
  readonly cell: (row: T) => Child
}

interface TableProps<T> {
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  /** `stack` makes a list of it on a narrow screen. */
  readonly class?: string
  /** The `data-part` by which a script finds it. */
  readonly part?: string
  readonly hidden?: boolean
}

/** A table declared by its columns. */
export const DataTable = <T,>({ columns, rows, part, ...props }: TableProps<T>) => (
  <table class={props.class} data-part={part} hidden={props.hidden}>
    <thead>
      <tr>
        {columns.map(({ label, head = label, headClass, title }) => (
          <th scope="col" class={headClass} title={title}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <tr>
          {columns.map((column) => (
            <Cell column={column} row={row} isStacked={props.class?.includes('stack') ?? false} />
          ))}
        </tr>
      ))}
    </tbody>
  </table>
)

function Cell<T>({ column, row, isStacked }: { column: Column<T>; row: T; isStacked: boolean }) {
  const { label, class: name, isUnlabelled, isRowHeading, cell } = column
  if (isRowHeading) return <th scope="row">{cell(row)}</th>
  return (
    <td
      data-label={isStacked && !isUnlabelled ? label : undefined}
      class={typeof name === 'function' ? name(row) : name}
    >
      {cell(row)}
    </td>
  )
}
