import type { FC } from 'hono/jsx'

interface Tab {
  readonly href: string
  readonly label: string
  readonly isCurrent: boolean
}

/** Links between the views of one page. */
export const Tabs: FC<{ label: string; tabs: readonly Tab[] }> = ({ label, tabs }) => (
  <nav class="tabs" aria-label={label}>
    {tabs.map((tab) => (
      <a href={tab.href} aria-current={tab.isCurrent ? 'page' : undefined}>
        {tab.label}
      </a>
    ))}
  </nav>
)
