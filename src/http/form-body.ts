/** The media type of the forms that OAuth sends (RFC 6749, appendix B). */
export const formType = 'application/x-www-form-urlencoded';

/** What a route that takes a form says of itself: the argument of `FastifyRoute()`. */
export interface FormRoute {
  takesForm?: true;
}
