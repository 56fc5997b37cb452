/** The URL of the server: the one of this page, which may be below a path of another site. Ends in a slash. */
export const BASE_URL: string = new URL('.', location.href).href;
