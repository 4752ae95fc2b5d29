import type { FC } from 'hono/jsx'
import { useConsoleTexts } from '../runtime/page-context'

interface PagerProps {
  where: string
  /** The page before, where there is a way back to it. */
  previous?: string | undefined
  next: string | undefined
  /** The way back where pages have no numbers. */
  first?: string | undefined
}

/** The ways on from a page of a list; nothing when there is only one. */
export const Pager: FC<PagerProps> = ({ where, previous, next, first }) => {
  const { pager: words } = useConsoleTexts()
  if (previous === undefined && next === undefined && first === undefined) return null
  return (
    <nav class="pager" aria-label={words.label}>
      <span>
        {first !== undefined && (
          <a class="button quiet small" href={first}>
            {words.first}
          </a>
        )}
        {previous !== undefined && (
          <a class="button quiet small" href={previous} rel="prev">
            {words.previous}
          </a>
        )}
      </span>
      <span class="meta">{where}</span>
      <span>
        {next !== undefined && (
          <a class="button quiet small" href={next} rel="next">
            {words.next}
          </a>
        )}
      </span>
    </nav>
  )
}
