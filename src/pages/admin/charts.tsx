/**
 * Charts of bars and lines, drawn by the server as SVG: no script, no style attribute, and a table with the same
 * figures for screen readers. Labels are text outside the drawing, so they keep their size
 * however wide it is.
 */
import type { FC, PropsWithChildren } from 'hono/jsx'
import { type Column, DataTable } from '../components/data-table'
import type { Formats } from '../runtime/format'
import { useConsoleTexts, usePage } from '../runtime/page-context'

export interface Series {
  readonly name: string
  /** The class that colors it. */
  readonly tone: 'main' | 'bad' | 'good' | 'warn'
  /** One for each day; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

interface ChartProps {
  /** The drawing's name for screen readers. */
  label: string
  /** What each bar stands for, the oldest first. */
  days: readonly string[]
  series: readonly Series[]
}

const WIDTH = 1000
const HEIGHT = 200
const GAP = 0.28

/** The smallest round number that is at least `value` and can be halved. */
function roundUp(value: number): number {
  if (value <= 4) return 4
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 4, 6, 8, 10].find((each) => each * power >= value) ?? 10
  return step * power
}

/** Bars of one or more series, stacked. */
export const BarChart: FC<ChartProps> = (props) => {
  const sums = props.days.map((_, i) =>
    props.series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0),
  )
  const top = roundUp(Math.max(0, ...sums))
  return (
    <Chart {...props} top={top} hasAny={sums.some((sum) => sum > 0)}>
      {props.days.map((_, i) => bar(props, i, top))}
    </Chart>
  )
}

/** A line for each series, from one known value to the next; a single value is a short dash. */
export const LineChart: FC<ChartProps> = (props) => {
  const all = props.series.flatMap(({ values }) => values.map((value) => value ?? 0))
  const top = roundUp(Math.max(0, ...all))
  const step = WIDTH / props.days.length
  return (
    <Chart {...props} top={top} hasAny={all.some((value) => value > 0)} hasLines>
      {props.series.map(({ values, tone }) => {
        const known = values.flatMap((value, i) =>
          value === null
            ? []
            : [`${rounded((i + 0.5) * step)} ${rounded(HEIGHT - (value / top) * HEIGHT)}`],
        )
        // A single value gets a line as wide as its day.
        const way =
          known.length === 1 ? `M${known[0]}m${-step / 2} 0h${step}` : `M${known.join('L')}`
        return <path d={way} class={tone} vector-effect="non-scaling-stroke" />
      })}
    </Chart>
  )
}

const rounded = (value: number) => Number(value.toFixed(2))

/** The frame of a chart: legend, scale, days, the figures of the day under the pointer, and the table. */
const Chart: FC<
  PropsWithChildren<ChartProps & { top: number; hasAny: boolean; hasLines?: boolean }>
> = (props) => {
  const { days, series, top } = props
  const { number } = usePage().format
  const { overview: words } = useConsoleTexts()
  return (
    <figure class="chart">
      {series.length > 1 && <Legend series={series} hasLines={props.hasLines} />}
      {props.hasAny ? (
        <div class="plot">
          <div class="scale" aria-hidden="true">
            {[top, top / 2, 0].map((value) => (
              <span>{number(value)}</span>
            ))}
          </div>
          <Drawing {...props} />
          <div class="days" aria-hidden="true">
            <span>{days.at(0)}</span>
            <span class="mid">{days.at(Math.floor(days.length / 2))}</span>
            <span>{days.at(-1)}</span>
          </div>
        </div>
      ) : (
        <p class="empty">{words.nothingYet}</p>
      )}
      {props.hasAny && <p class="chart-say meta" aria-hidden="true" />}
      <Figures {...props} />
    </figure>
  )
}

/** Shows lines with their dash patterns, so that they can be told apart without colors. */
const Legend: FC<{ series: readonly Series[]; hasLines: boolean | undefined }> = (p) => (
  <ul class="legend">
    {p.series.map(({ name, tone }) => (
      <li>
        {p.hasLines ? (
          <svg class="line" viewBox="0 0 28 10" aria-hidden="true">
            <path d="M1 5H27" class={tone} />
          </svg>
        ) : (
          <span class={`swatch ${tone}`} aria-hidden="true" />
        )}
        {name}
      </li>
    ))}
  </ul>
)

const Drawing: FC<PropsWithChildren<ChartProps>> = (props) => {
  const { label, days, series } = props
  const { number } = usePage().format
  const step = WIDTH / days.length
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {[0, HEIGHT / 2, HEIGHT].map((y) => (
        <line x1={0} x2={WIDTH} y1={y} y2={y} class="grid" vector-effect="non-scaling-stroke" />
      ))}
      {props.children}
      {days.map((day, i) => {
        const said = series.map(({ name, values }) => `${name}: ${shown(values[i], number)}`)
        const x = rounded(i * step)
        return (
          <rect
            x={x}
            y={0}
            width={rounded(step)}
            height={HEIGHT}
            class="hit"
            data-say={`${day} · ${said.join(' · ')}`}
          />
        )
      })}
    </svg>
  )
}

/** A figure as text; a dash where nothing is known. */
const shown = (value: number | null | undefined, number: Formats['number']): string =>
  value === null || value === undefined ? '–' : number(value)

function bar({ days, series }: ChartProps, i: number, top: number) {
  const step = WIDTH / days.length
  let below = 0
  return series.map(({ values, tone }) => {
    const height = ((values[i] ?? 0) / top) * HEIGHT
    below += height
    return height === 0 ? null : (
      <rect
        x={rounded((i + GAP / 2) * step)}
        y={rounded(HEIGHT - below)}
        width={rounded(step * (1 - GAP))}
        height={rounded(height)}
        class={tone}
      />
    )
  })
}

const Figures: FC<ChartProps> = ({ label, days, series }) => {
  const { number } = usePage().format
  const { overview: words } = useConsoleTexts()
  const columns: Column<number>[] = [
    { label: words.day, isRowHeading: true, cell: (i) => days[i] },
    ...series.map(({ name, values }) => ({
      label: name,
      headClass: 'num',
      class: 'num',
      cell: (i: number) => shown(values[i], number),
    })),
  ]
  return (
    <details class="figures">
      <summary>{words.asTable}</summary>
      <div class="table-wrap tall" tabindex={0} role="region" aria-label={label}>
        <DataTable columns={columns} rows={days.map((_, i) => i)} />
      </div>
    </details>
  )
}
