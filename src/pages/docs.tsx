/**
 * The API document in a viewer (Swagger UI, from our own assets), with calls that go to this host.
 * Its policy is as strict as every page's: only pictures inside the style sheet are allowed on top.
 */
import { page } from './runtime/page'

const docs = page({
  path: '/docs',
  access: 'anyone',
  show: ({ texts }) => ({
    title: texts.layout.apiDocs,
    area: 'admin',
    hidesTitle: true,
    main: <div id="docs" data-document="/openapi.json" />,
    styles: ['docs/swagger-ui', 'docs'],
    scripts: ['/assets/docs/swagger-ui-bundle.js', '/assets/docs.js'],
    hasInlineImages: true,
  }),
})

export const docsPages = [docs]
