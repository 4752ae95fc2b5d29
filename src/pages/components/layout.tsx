/**
 * What stands around every page: head, brand, navigation, flash message, language switch. Signed-out
 * pages are one card in the middle; those of an area have the area's links beside them.
 */
import type { FC, PropsWithChildren } from 'hono/jsx'
import { accentStyle } from '../../accent'
import type { Config } from '../../config'
import type { Texts } from '../../texts/en'
import { languages } from '../../texts/languages'
import { Icon } from './icons'
import type { View, Visitor } from '../runtime/page'
import { themeOf } from '../runtime/preferences'

export interface Frame {
  readonly look: Pick<Config, 'PRODUCT_NAME' | 'PRODUCT_LOGO_URL' | 'ACCENT_COLOR'>
  readonly language: string
  readonly texts: Texts
  readonly nonce: string
  readonly visitor: Visitor | null
  readonly path: string
  /** Where the language switch comes back to: a page that can be opened by GET. */
  readonly returnTo: string
  readonly flash: string | undefined
}

export const Layout: FC<{ frame: Frame; view: View }> = ({ frame, view }) => (
  <html lang={frame.language} data-theme={themeOf(frame.visitor?.user)}>
    <Head frame={frame} view={view} />
    <body class={view.area ? `is-${view.area}` : 'is-card'}>
      <a class="skip" href="#main">
        {frame.texts.frame.skipToContent}
      </a>
      {view.area ? <TopBar frame={frame} view={view} /> : <CardBrand frame={frame} />}
      <div class={view.area ? 'area' : 'middle'}>
        {view.area && view.links && <AreaLinks frame={frame} links={view.links} view={view} />}
        <main id="main" tabindex={-1}>
          {frame.flash !== undefined && <FlashMessage text={frame.flash} />}
          {view.area ? <AreaMain view={view} /> : <Card view={view} />}
        </main>
      </div>
      <Footer frame={frame} />
    </body>
  </html>
)

const Head: FC<{ frame: Frame; view: View }> = ({ frame, view }) => (
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>{`${view.documentTitle ?? view.title} · ${frame.look.PRODUCT_NAME}`}</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    {stylesOf(view).map((name) => (
      <link rel="stylesheet" href={`/assets/${name}.css`} nonce={frame.nonce} />
    ))}
    <style nonce={frame.nonce}>{accentStyle(frame.look.ACCENT_COLOR)}</style>
    {['/assets/gatehouse.js', ...(view.scripts ?? [])].map((src) => (
      <script src={src} nonce={frame.nonce} defer />
    ))}
  </head>
)

const stylesOf = ({ area, styles = [] }: View): string[] => [
  'gatehouse',
  'forms',
  ...(area ? ['area'] : []),
  ...styles,
]

const Brand: FC<{ frame: Frame; href: string }> = ({ frame, href }) => {
  const { PRODUCT_NAME, PRODUCT_LOGO_URL } = frame.look
  return (
    <a class="brand" href={href}>
      {PRODUCT_LOGO_URL === undefined ? (
        <span class="mark">
          <Icon name="gate" size={22} />
        </span>
      ) : (
        <img class="logo" src={PRODUCT_LOGO_URL} alt="" height={32} referrerpolicy="no-referrer" />
      )}
      <span>{PRODUCT_NAME}</span>
    </a>
  )
}

const CardBrand: FC<{ frame: Frame }> = ({ frame }) => (
  <header class="card-brand">
    <Brand frame={frame} href="/" />
  </header>
)

const TopBar: FC<{ frame: Frame; view: View }> = ({ frame, view }) => {
  const { texts, visitor } = frame
  const words = texts.frame
  return (
    <header class="top">
      <div class="top-inner">
        <Brand frame={frame} href="/" />
        {visitor && (
          <nav aria-label={words.mainNavigation} class="top-links">
            <a href="/account" aria-current={view.area === 'account' ? 'true' : undefined}>
              {words.account}
            </a>
            {visitor.isStaff && (
              <a href="/admin" aria-current={view.area === 'admin' ? 'true' : undefined}>
                {words.admin}
              </a>
            )}
          </nav>
        )}
        {visitor && (
          <form method="post" action="/sign-out" class="top-user">
            <span class="top-name" title={words.signedInAs(visitor.user.full_name)}>
              {visitor.user.full_name}
            </span>
            <button class="button quiet small">
              <Icon name="leave" />
              <span>{words.signOut}</span>
            </button>
          </form>
        )}
      </div>
    </header>
  )
}

const AreaLinks: FC<{ frame: Frame; links: NonNullable<View['links']>; view: View }> = (props) => (
  <nav class="area-links" aria-label={props.frame.texts.frame[props.view.area ?? 'account']}>
    {props.links.map(({ href, label }) => (
      <a href={href} aria-current={isCurrent(props.frame.path, href, props.links)}>
        {label}
      </a>
    ))}
  </nav>
)

/** The link of this page, or the longest one above it. */
function isCurrent(path: string, href: string, links: NonNullable<View['links']>) {
  const above = links.filter((link) => path === link.href || path.startsWith(`${link.href}/`))
  const longest = above.reduce(
    (best, link) => (link.href.length > best.length ? link.href : best),
    '',
  )
  return href === longest ? 'page' : undefined
}

const AreaMain: FC<{ view: View }> = ({ view }) => (
  <>
    {!view.hidesTitle && (
      <div class="page-title">
        <h1>{view.title}</h1>
        {view.lead !== undefined && <p class="lead">{view.lead}</p>}
      </div>
    )}
    {view.main}
  </>
)

const Card: FC<{ view: View }> = ({ view }) => (
  <section class="card">
    {!view.hidesTitle && <h1>{view.title}</h1>}
    {view.lead !== undefined && <p class="lead">{view.lead}</p>}
    {view.main}
  </section>
)

const FlashMessage: FC<{ text: string }> = ({ text }) => (
  <p class="flash" role="status">
    <Icon name="check" />
    <span>{text}</span>
  </p>
)

const Footer: FC<{ frame: Frame }> = ({ frame }) => (
  <footer class="foot">
    <form
      method="post"
      action="/language"
      class="languages"
      aria-label={frame.texts.frame.language}
    >
      <input type="hidden" name="next" value={frame.returnTo} />
      {Object.entries(languages).map(([code, { frame: words }]) =>
        code === frame.language ? (
          <span aria-current="true" lang={code}>
            {words.languageName}
          </span>
        ) : (
          <button name="language" value={code} lang={code} class="link">
            {words.languageName}
          </button>
        ),
      )}
    </form>
  </footer>
)

/** A group of fields or facts under a heading of its own. */
export const Panel: FC<PropsWithChildren<{ title: string; lead?: string; id?: string }>> = (p) => (
  <section class="panel" id={p.id}>
    <h2>{p.title}</h2>
    {p.lead !== undefined && <p class="lead">{p.lead}</p>}
    {p.children}
  </section>
)
