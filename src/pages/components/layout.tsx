/**
 * The layout around every page: head, brand, navigation, flash message, language switch. Signed-out
 * pages are one card in the middle; those of an area have the area's links beside them.
 */
import type { FC, PropsWithChildren } from 'hono/jsx'
import { accentStyle } from '../../accent'
import { languages } from '../../texts/languages'
import type { View } from '../runtime/page'
import { type PageContext, usePage } from '../runtime/page-context'
import { themeOf } from '../runtime/preferences'
import { Icon } from './icons'
import { PASSKEY_SCRIPT } from './passkey-button'

export const Layout: FC<{ view: View }> = ({ view }) => {
  const { language, texts, visitor, flash } = usePage()
  return (
    <html lang={language} data-theme={themeOf(visitor?.user)}>
      <Head view={view} />
      <body class={view.area ? `is-${view.area}` : 'is-card'}>
        <a class="skip" href="#main">
          {texts.layout.skipToContent}
        </a>
        {view.area ? <TopBar view={view} /> : <CardBrand />}
        <div class={view.area ? 'area' : 'middle'}>
          {view.area && view.links && <AreaLinks links={view.links} view={view} />}
          <main id="main" tabindex={-1}>
            {flash !== undefined && <FlashMessage text={flash} />}
            {view.area ? <AreaMain view={view} /> : <Card view={view} />}
          </main>
        </div>
        {!view.hidesFooter && <Footer />}
      </body>
    </html>
  )
}

const Head: FC<{ view: View }> = ({ view }) => {
  const { look, nonce, visitor } = usePage()
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      {view.refreshTo !== undefined && (
        <meta http-equiv="refresh" content={`0;url=${view.refreshTo}`} />
      )}
      <title>{`${view.documentTitle ?? view.title} · ${look.PRODUCT_NAME}`}</title>
      <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
      {stylesOf(view).map((name) => (
        <link rel="stylesheet" href={`/assets/${name}.css`} nonce={nonce} />
      ))}
      <style nonce={nonce}>{accentStyle(look.ACCENT_COLOR)}</style>
      {scriptsOf(view, visitor).map((src) => (
        <script src={src} nonce={nonce} defer />
      ))}
    </head>
  )
}

/** Forms may ask for a passkey until the session is proved (step-up.tsx). */
function scriptsOf({ scripts = [] }: View, visitor: PageContext['visitor']): string[] {
  const mayAsk = visitor !== null && visitor.principal.hasPasskey && !visitor.isProved
  return [...new Set(['/assets/gatehouse.js', ...scripts, ...(mayAsk ? [PASSKEY_SCRIPT] : [])])]
}

const stylesOf = ({ area, styles = [] }: View): string[] => [
  'gatehouse',
  'forms',
  ...(area ? ['area'] : []),
  ...styles,
]

const Brand: FC = () => {
  const { PRODUCT_NAME, PRODUCT_LOGO_URL } = usePage().look
  return (
    <a class="brand" href="/">
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

const CardBrand: FC = () => (
  <header class="card-brand">
    <Brand />
  </header>
)

const TopBar: FC<{ view: View }> = ({ view }) => {
  const { texts, visitor } = usePage()
  const words = texts.layout
  return (
    <header class="top">
      <div class="top-inner">
        <Brand />
        {visitor && (
          <nav aria-label={words.mainNavigation} class="top-links">
            <a href="/account" aria-current={view.area === 'account' ? 'true' : undefined}>
              {words.account}
            </a>
            {visitor.consolePermissions.length > 0 && (
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

type Links = NonNullable<View['links']>

const AreaLinks: FC<{ links: Links; view: View }> = ({ links, view }) => {
  const { texts, path } = usePage()
  return (
    <nav class="area-links" aria-label={texts.layout[view.area ?? 'account']}>
      {links.map(({ href, label }) => (
        <a href={href} aria-current={isCurrent(path, href, links)}>
          {label}
        </a>
      ))}
    </nav>
  )
}

/** The link of this page, or the longest one above it. */
function isCurrent(path: string, href: string, links: Links) {
  const above = links.filter((link) => path === link.href || path.startsWith(`${link.href}/`))
  const longest = above.reduce(
    (best, link) => (link.href.length > best.length ? link.href : best),
    '',
  )
  return href === longest ? 'page' : undefined
}

const AreaMain: FC<{ view: View }> = ({ view }) => (
  <>
    {!view.hidesTitle && <AreaTitle view={view} />}
    {view.main}
  </>
)

const AreaTitle: FC<{ view: View }> = ({ view: { title, lead, titleLink } }) => {
  const heading = (
    <>
      <h1>{title}</h1>
      {lead !== undefined && <p class="lead">{lead}</p>}
    </>
  )
  if (!titleLink) return <div class="page-title">{heading}</div>
  return (
    <div class="spread page-title">
      {lead === undefined ? heading : <div>{heading}</div>}
      <a class="button primary" href={titleLink.href}>
        {titleLink.label}
      </a>
    </div>
  )
}

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

const Footer: FC = () => {
  const { texts, language, returnTo } = usePage()
  return (
    <footer class="foot">
      <form method="post" action="/language" class="languages" aria-label={texts.layout.language}>
        <input type="hidden" name="next" value={returnTo} />
        {Object.entries(languages).map(([code, { layout: words }]) =>
          code === language ? (
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
}

export interface PanelProps {
  readonly title?: string
  readonly lead?: string
  readonly id?: string
}

/** A group of fields or facts, under a heading if it has a title. */
export const Panel: FC<PropsWithChildren<PanelProps>> = (p) => (
  <section class="panel" id={p.id}>
    {p.title !== undefined && <h2>{p.title}</h2>}
    {p.lead !== undefined && <p class="lead">{p.lead}</p>}
    {p.children}
  </section>
)
