/** A response that a browser saves as a file. */
export const download = (body: BodyInit, filename: string, contentType: string): Response =>
  new Response(body, {
    headers: {
      'content-type': contentType,
      'content-disposition': `attachment; filename="${filename}"`,
      'cache-control': 'no-store',
    },
  })
