/** The icons, drawn in the color of the text beside them; an icon is never the only label. */
import type { FC } from 'hono/jsx'

const PATHS = {
  gate: 'M4 21V11a8 8 0 0 1 16 0v10M9 21v-9a3 3 0 0 1 6 0v9M2.5 21h19',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  alert:
    'M12 8v5m0 3.2v.3M10.3 4 2.6 17.5A2 2 0 0 0 4.3 20.5h15.4a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z',
  mail: 'M3.5 6.5h17v11h-17zM4 7l8 6.5L20 7',
  laptop: 'M5 5.5h14v10H5zM2.5 19h19',
  phone: 'M7.5 3h9v18h-9zM11 18h2',
  shield: 'M12 3 5 5.8v5.4c0 4.4 2.9 7.6 7 9.8 4.1-2.2 7-5.4 7-9.8V5.8zM9 12l2.2 2.2L15.2 10',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5',
  download: 'M12 4v11m-4.5-4 4.5 4.5 4.5-4.5M4.5 20h15',
  leave: 'M14.5 8V4.5H5v15h9.5V16M9.5 12H21m-3.5-3.5L21 12l-3.5 3.5',
  key: 'M8 16a4 4 0 1 1 3.7-5.5H21v3h-2V16h-3v-2.5h-4.3A4 4 0 0 1 8 16Z',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5V12l3 2',
} as const
export type IconName = keyof typeof PATHS

export const Icon: FC<{ name: IconName; size?: number }> = ({ name, size = 20 }) => (
  <svg
    class="icon"
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.7"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={PATHS[name]} />
  </svg>
)
