/** Where the server is: where it sent this page from, which may be below a path of another site. Ends in a slash. */
export const BASE_URL: string = new URL('.', location.href).href;
